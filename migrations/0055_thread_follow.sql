-- Who follows a thread of a discussion, and how.

CREATE TABLE discussion_follow (
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    thread_id  bigint NOT NULL REFERENCES discussion_thread ON DELETE CASCADE,
    rhythm     text NOT NULL CHECK (rhythm IN ('instant', 'daily', 'weekly', 'browser', 'off')),
    told_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, thread_id)
);
CREATE INDEX discussion_follow_thread ON discussion_follow (thread_id, account_id) WHERE rhythm <> 'off';
CREATE INDEX discussion_follow_due ON discussion_follow (rhythm, looked_at) WHERE rhythm IN ('instant', 'daily', 'weekly');
COMMENT ON COLUMN discussion_follow.rhythm IS 'Of mail; browser: none, off: not followed, and writing does not change that';
COMMENT ON COLUMN discussion_follow.told_at IS 'What is older was told by mail';
COMMENT ON COLUMN discussion_follow.seen_at IS 'What is older has been on the follower''s screen';

CREATE TABLE discussion_follow_choice (
    account_id bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    by_writing boolean NOT NULL
);
COMMENT ON TABLE discussion_follow_choice IS 'Whether writing in a thread makes one its follower; without a row it does';
