-- Events on their way from one process to those that hold sockets. The row is the truth; NOTIFY only wakes.

CREATE TABLE realtime_outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    origin     text NOT NULL,
    room       text NOT NULL,
    type       text NOT NULL,
    key        text NOT NULL,
    payload    text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN realtime_outbox.xid IS
    'Transaction that wrote the row: ids are given out before COMMIT, so a reader that remembers the last id would miss '
    'a row that commits late. A reader remembers its last snapshot instead and takes what that snapshot did not see';
COMMENT ON COLUMN realtime_outbox.origin IS 'Process that wrote it: that one has told its own sockets already';
CREATE INDEX realtime_outbox_xid ON realtime_outbox (xid);
