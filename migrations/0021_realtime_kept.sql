-- Rooms whose events are kept: numbered in the transaction that tells them, the same numbers for every process and over
-- every restart; and what accounts have acknowledged of them.

CREATE TABLE realtime_room (
    room  text PRIMARY KEY,
    epoch text NOT NULL,
    seq   bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN realtime_room.seq IS
    'Number of the newest event. Its row is locked from the numbering to COMMIT, so numbers follow the order of commits '
    'and have no gaps';

CREATE TABLE realtime_log (
    room       text NOT NULL,
    seq        bigint NOT NULL,
    key        text NOT NULL,
    payload    text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, seq)
);
CREATE INDEX realtime_log_written ON realtime_log (written_at);

CREATE TABLE realtime_ack (
    room       text NOT NULL REFERENCES realtime_room ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    seq        bigint NOT NULL,
    acked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, account_id)
);
COMMENT ON TABLE realtime_ack IS 'How far each account has got in rooms that ask for acknowledgements';
CREATE INDEX realtime_ack_of_account ON realtime_ack (account_id);

ALTER TABLE realtime_outbox ADD COLUMN seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN realtime_outbox.seq IS 'Number of an event of a kept room; 0 elsewhere: each process numbers those itself';
