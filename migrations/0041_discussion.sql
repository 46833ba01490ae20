-- Discussions: threads that hang on a block or on a thing in it, comments, and what moderators do with them.

CREATE TABLE discussion_thread (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id   bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    subject    text NOT NULL DEFAULT '' CHECK (subject ~ '^[a-z0-9_.-]{0,80}$'),
    title      text NOT NULL DEFAULT '' CHECK (length(title) <= 300),
    path       text NOT NULL DEFAULT '' CHECK (length(path) <= 500),
    settings   jsonb NOT NULL DEFAULT '{}',
    hidden     boolean NOT NULL DEFAULT false,
    closed     boolean NOT NULL DEFAULT false,
    comments   integer NOT NULL DEFAULT 0,
    agree      integer NOT NULL DEFAULT 0,
    neutral    integer NOT NULL DEFAULT 0,
    against    integer NOT NULL DEFAULT 0,
    rev        bigint NOT NULL DEFAULT 1,
    UNIQUE (block_id, subject)
);
COMMENT ON COLUMN discussion_thread.subject IS 'What in the block it is about; empty: the block itself';
COMMENT ON COLUMN discussion_thread.path IS 'Where the part shows it; empty: at the block';
COMMENT ON COLUMN discussion_thread.settings IS 'Of a thread that a part has opened; the block''s own thread has the block''s';
COMMENT ON COLUMN discussion_thread.comments IS 'Those the public can read; agree, neutral and against count residents'' entries without a parent';
COMMENT ON COLUMN discussion_thread.rev IS 'Grows with every change of what the public sees; each changed comment takes its value';

CREATE TABLE discussion_comment (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id      bigint NOT NULL REFERENCES discussion_thread ON DELETE CASCADE,
    participant_id bigint REFERENCES consultation_participant ON DELETE SET NULL,
    office         text NOT NULL DEFAULT '' CHECK (length(office) <= 200),
    parent_id      bigint REFERENCES discussion_comment ON DELETE CASCADE,
    root_id        bigint REFERENCES discussion_comment ON DELETE CASCADE,
    depth          smallint NOT NULL CHECK (depth BETWEEN 1 AND 3),
    place          bigint NOT NULL DEFAULT 0,
    alignment      smallint NOT NULL DEFAULT 0 CHECK (alignment IN (-1, 0, 1)),
    text           text NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    body           jsonb NOT NULL,
    anchor_ms      integer CHECK (anchor_ms >= 0),
    official       boolean NOT NULL DEFAULT false,
    paper          boolean NOT NULL DEFAULT false,
    state          text NOT NULL CHECK (state IN ('held', 'shown', 'refused', 'removed', 'withdrawn')),
    held_for       text[] NOT NULL DEFAULT '{}',
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    sent_key       text NOT NULL DEFAULT '' CHECK (length(sent_key) <= 64),
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    shown_at       timestamptz,
    edited_at      timestamptz,
    ended_at       timestamptz,
    endorsements   integer NOT NULL DEFAULT 0,
    replies        integer NOT NULL DEFAULT 0,
    rev            bigint NOT NULL DEFAULT 0,
    queue_rev      bigint NOT NULL DEFAULT 1,
    CHECK ((parent_id IS NULL) = (root_id IS NULL)),
    CHECK ((depth = 1) = (root_id IS NULL)),
    CHECK (state NOT IN ('shown', 'removed') OR shown_at IS NOT NULL),
    CHECK (state NOT IN ('held', 'refused') OR shown_at IS NULL),
    CHECK (official = (office <> ''))
);
-- the public knows of what was shown once: a list without parents in each order, newest changes, replies
CREATE INDEX discussion_newest ON discussion_comment (thread_id, shown_at DESC, id DESC)
    WHERE root_id IS NULL AND shown_at IS NOT NULL;
CREATE INDEX discussion_endorsed ON discussion_comment (thread_id, endorsements DESC, id DESC)
    WHERE root_id IS NULL AND shown_at IS NOT NULL;
CREATE INDEX discussion_discussed ON discussion_comment (thread_id, replies DESC, id DESC)
    WHERE root_id IS NULL AND shown_at IS NOT NULL;
CREATE INDEX discussion_replies ON discussion_comment (root_id, place, id) WHERE shown_at IS NOT NULL;
CREATE INDEX discussion_changed ON discussion_comment (thread_id, rev DESC) WHERE shown_at IS NOT NULL;
CREATE INDEX discussion_held ON discussion_comment (thread_id, id) WHERE state = 'held';
CREATE INDEX discussion_pinned ON discussion_comment (thread_id, id) WHERE official;
CREATE INDEX discussion_anchored ON discussion_comment (thread_id, anchor_ms) WHERE anchor_ms IS NOT NULL;
CREATE INDEX discussion_of_person ON discussion_comment (participant_id, thread_id);
CREATE INDEX discussion_parent ON discussion_comment (parent_id);
CREATE UNIQUE INDEX discussion_sent_once ON discussion_comment (participant_id, sent_key) WHERE sent_key <> '';
COMMENT ON COLUMN discussion_comment.participant_id IS 'None: the office, or one whose consultation row is gone';
COMMENT ON COLUMN discussion_comment.place IS 'Order among the replies of one root: the branch it is in, official ones first';
COMMENT ON COLUMN discussion_comment.text IS 'Markdown as written; people who are mentioned stand in it as @[p12]';
COMMENT ON COLUMN discussion_comment.body IS 'The text taken apart into paragraphs, lists, runs: what pages draw';
COMMENT ON COLUMN discussion_comment.held_for IS 'Why a moderator looks first: before, link, word:…';
COMMENT ON COLUMN discussion_comment.sent_key IS 'Made by the sender''s page: what is sent twice is taken once';
COMMENT ON COLUMN discussion_comment.shown_at IS 'When the public could read it first; never taken back, a tombstone stays in its place';
COMMENT ON COLUMN discussion_comment.ended_at IS 'When it was refused, removed or withdrawn';
COMMENT ON COLUMN discussion_comment.rev IS 'The thread''s rev of its last change';

CREATE TABLE discussion_edit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    comment_id bigint NOT NULL REFERENCES discussion_comment ON DELETE CASCADE,
    body       jsonb NOT NULL,
    from_at    timestamptz NOT NULL,
    until_at   timestamptz NOT NULL
);
CREATE INDEX discussion_edit_of ON discussion_edit (comment_id, id);
COMMENT ON TABLE discussion_edit IS 'What a comment said before it was changed: public while the comment is';

CREATE TABLE discussion_endorsement (
    comment_id     bigint NOT NULL REFERENCES discussion_comment ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (comment_id, participant_id)
);
CREATE INDEX discussion_endorsement_of ON discussion_endorsement (participant_id);

CREATE TABLE discussion_report (
    comment_id bigint NOT NULL REFERENCES discussion_comment ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    reason     text NOT NULL CHECK (reason IN ('spam', 'abuse', 'personal_data', 'illegal', 'other')),
    note       text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (comment_id, account_id)
);
CREATE INDEX discussion_report_open ON discussion_report (comment_id) WHERE settled_at IS NULL;

CREATE TABLE discussion_appeal (
    comment_id bigint PRIMARY KEY REFERENCES discussion_comment ON DELETE CASCADE,
    text       text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted   boolean,
    answer     text NOT NULL DEFAULT '' CHECK (length(answer) <= 1000),
    decided_at timestamptz,
    CHECK ((accepted IS NULL) = (decided_at IS NULL))
);
CREATE INDEX discussion_appeal_open ON discussion_appeal (comment_id) WHERE decided_at IS NULL;

CREATE TABLE discussion_word (
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    word            text NOT NULL CHECK (length(word) BETWEEN 2 AND 80),
    what            text NOT NULL CHECK (what IN ('hold', 'refuse')),
    PRIMARY KEY (consultation_id, word)
);
COMMENT ON COLUMN discussion_word.word IS 'In small letters without diacritics; a star at its end stands for any ending';

-- What single people are told by mail. Whether they may still know is asked when the letter is written.
CREATE TABLE discussion_notice (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    comment_id     bigint NOT NULL REFERENCES discussion_comment ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    what           text NOT NULL CHECK (what IN ('mention', 'answer', 'refused', 'removed', 'appeal')),
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at     timestamptz,
    UNIQUE (comment_id, participant_id, what)
);
CREATE INDEX discussion_notice_of ON discussion_notice (participant_id);
