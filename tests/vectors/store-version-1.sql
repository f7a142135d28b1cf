-- A store of layout 1, dumped from a file that the last program of that layout made.
BEGIN TRANSACTION;
CREATE TABLE certificates (
	serial VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	brand VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	not_before VARCHAR NOT NULL, 
	not_after VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (serial), 
	UNIQUE (fingerprint)
);
INSERT INTO "certificates" VALUES('1','operator','','0000000000000000000000000000000000000000000000000000000000000001','2026-03-01T12:00:00.000000+00:00','2026-03-02T12:00:00.000000+00:00','current','');
INSERT INTO "certificates" VALUES('2','brand','aurora','0000000000000000000000000000000000000000000000000000000000000002','2026-03-01T12:00:00.000000+00:00','2026-03-02T12:00:00.000000+00:00','current','');
CREATE TABLE charters (
	version INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	envelope BLOB NOT NULL, 
	signed_at VARCHAR NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "charters" VALUES(1,'1111111111111111111111111111111111111111111111111111111111111111',X'7369676E65642063686172746572','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "charters" VALUES(2,'2222222222222222222222222222222222222222222222222222222222222222',X'7369676E656420636861727465722032','2026-03-01T12:00:00.000000+00:00');
CREATE TABLE releases (
	digest VARCHAR NOT NULL, 
	study VARCHAR NOT NULL, 
	run INTEGER NOT NULL, 
	directory TEXT NOT NULL, 
	recipients TEXT NOT NULL, 
	released_at VARCHAR NOT NULL, 
	PRIMARY KEY (digest), 
	FOREIGN KEY(study) REFERENCES studies (digest), 
	FOREIGN KEY(run) REFERENCES runs (run)
);
INSERT INTO "releases" VALUES('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',9,'propensity-9','["members"]','2026-03-01T12:00:00.000000+00:00');
CREATE TABLE rounds (
	run INTEGER NOT NULL, 
	round_number INTEGER NOT NULL, 
	record TEXT NOT NULL, 
	PRIMARY KEY (run, round_number), 
	FOREIGN KEY(run) REFERENCES runs (run)
);
INSERT INTO "rounds" VALUES(9223372036854775807,0,'{"round_number": 0, "ended_at": "2026-03-01T12:00:00.000000+00:00", "brands": ["aurora"], "refusals": [["borealis", "study-not-approved"]], "metrics": [["persons", 812.0]]}');
CREATE TABLE runs (
	run INTEGER NOT NULL, 
	study VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	started_at VARCHAR NOT NULL, 
	ended_at VARCHAR, 
	PRIMARY KEY (run), 
	FOREIGN KEY(study) REFERENCES studies (digest)
);
INSERT INTO "runs" VALUES(7,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','failed','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:01:00.000000+00:00');
INSERT INTO "runs" VALUES(9,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','released','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "runs" VALUES(9223372036854775807,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','running','2026-03-01T12:02:00.000000+00:00',NULL);
CREATE TABLE schema_version (
	only_row INTEGER NOT NULL CHECK (only_row = 1), 
	version INTEGER NOT NULL, 
	PRIMARY KEY (only_row)
);
INSERT INTO "schema_version" VALUES(1,1);
CREATE TABLE studies (
	digest VARCHAR NOT NULL, 
	study_id VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	envelope BLOB NOT NULL, 
	state VARCHAR NOT NULL, 
	proposed_at VARCHAR NOT NULL, 
	PRIMARY KEY (digest), 
	UNIQUE (study_id, version)
);
INSERT INTO "studies" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','reach',1,X'7369676E6564207374756479','running','2026-03-01T12:00:00.000000+00:00');
INSERT INTO "studies" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','propensity',1,X'7369676E6564207374756479','released','2026-03-01T12:00:00.000000+00:00');
CREATE TABLE traffic (
	session VARCHAR NOT NULL, 
	brand VARCHAR NOT NULL, 
	direction VARCHAR NOT NULL, 
	message_type VARCHAR NOT NULL, 
	messages INTEGER NOT NULL, 
	payload_bytes INTEGER NOT NULL, 
	framed_bytes INTEGER NOT NULL, 
	PRIMARY KEY (session, brand, direction, message_type)
);
INSERT INTO "traffic" VALUES('first','aurora','to-brand','train',2,20,22);
CREATE TABLE verdicts (
	study VARCHAR NOT NULL, 
	brand VARCHAR NOT NULL, 
	envelope BLOB NOT NULL, 
	decided_at VARCHAR NOT NULL, 
	received_at VARCHAR NOT NULL, 
	PRIMARY KEY (study, brand), 
	FOREIGN KEY(study) REFERENCES studies (digest)
);
INSERT INTO "verdicts" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','aurora',X'7065726D6974','2026-03-01T12:00:00.000000+00:00','2026-03-01T12:00:00.000000+00:00');
CREATE INDEX certificates_by_brand ON certificates (brand);
CREATE INDEX runs_by_study ON runs (study);
COMMIT;
