from __future__ import annotations

import socket
import subprocess
import sys

from hanse_demo.watch import ProcessWatch, Sighting, SocketUse

LISTEN = (
    "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


def sighting(*sockets: SocketUse) -> Sighting:
    return Sighting(peak_memory_bytes=0, peak_processes=0, sockets=sockets)


def test_a_childs_sockets_are_seen_and_stay_seen_after_its_end() -> None:
    with ProcessWatch(look_seconds=60) as watch:
        with subprocess.Popen(
            [sys.executable, "-c", LISTEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            address = f"127.0.0.1:{int(child.stdout.readline())}"
            assert address in {s.local for s in watch.look().listening}
            child.communicate()
        seen = watch.look()
    assert address in {s.local for s in seen.listening}
    assert seen.peak_processes >= 2
    assert seen.peak_memory_bytes > 5_000_000


def test_an_ipv4_address_held_by_a_socket_of_ipv6_is_told_as_ipv4_and_loopback() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            with accepted, ProcessWatch(look_seconds=60) as watch:
                seen = watch.look()
    ends = [s for s in seen.sockets if s.local == f"127.0.0.1:{port}"]
    assert ends
    assert all(end.is_loopback for end in ends)


def test_a_socket_open_to_every_interface_is_told_to_reach_beyond_loopback() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - what is looked for
        local = f"0.0.0.0:{server.getsockname()[1]}"
        with ProcessWatch(look_seconds=60) as watch:
            assert local in {s.local for s in watch.look().beyond_loopback}


def test_what_leads_elsewhere_than_to_the_server_is_told_apart() -> None:
    server = SocketUse("127.0.0.1:7443", "", True)
    dialled = SocketUse("127.0.0.1:5000", "127.0.0.1:7443", True)
    other = SocketUse("127.0.0.1:5001", "127.0.0.1:80", True)
    assert sighting(server, dialled, other).not_at("127.0.0.1:7443") == (other,)
