"""What operator and brands share: messages, measurements, privacy, links, releases."""
