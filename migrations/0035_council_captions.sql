-- Captions of council sessions: typed live, uploaded, or drafted by a recogniser; corrected, published by version.

-- One version of a session's captions in one language. `version` counts all that ever were, so numbers never return.
CREATE TABLE caption_track (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    language text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('live', 'draft', 'uploaded', 'copy')),
    version integer NOT NULL,
    -- making and failed: a recogniser's; published: what residents get; replaced: an older one, still reachable;
    -- removed: never public, its words are gone, its number stays taken
    state text NOT NULL CHECK (state IN ('making', 'failed', 'working', 'published', 'replaced', 'withdrawn', 'removed')),
    -- why it failed or was withdrawn, in people's words
    reason text NOT NULL DEFAULT '',
    percent smallint NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
    -- file it came from, engine that made it, or the version it was copied from
    source text NOT NULL DEFAULT '',
    created_by bigint REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    withdrawn_at timestamptz,
    -- a live track's positions were computed once more from the whole recording, after the session's end
    settled_at timestamptz,
    rev bigint NOT NULL DEFAULT 1,
    UNIQUE (session_id, language, version)
);
CREATE UNIQUE INDEX caption_track_published ON caption_track (session_id, language) WHERE state = 'published';
CREATE UNIQUE INDEX caption_track_live ON caption_track (session_id, language) WHERE kind = 'live';
CREATE INDEX caption_track_making ON caption_track (id) WHERE state = 'making';

-- Words and when they are said. Milliseconds on the whole recording's own timeline: gaps are not counted, a later trim
-- changes nothing here. A session without a recording counts from its start.
CREATE TABLE caption_cue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    track_id bigint NOT NULL REFERENCES caption_track ON DELETE CASCADE,
    begin_ms bigint NOT NULL CHECK (begin_ms >= 0),
    end_ms bigint NOT NULL,
    speaker text NOT NULL DEFAULT '',
    text text NOT NULL CHECK (text <> ''),
    -- letters without accents in lower case, for search within a transcript
    folded text NOT NULL,
    -- live lines: when the words were said and until when, on the clock; and when residents got them
    said_at timestamptz,
    said_until timestamptz,
    aired_at timestamptz,
    -- one request for a new line counts once, however often it is sent
    op text,
    changed_by text NOT NULL DEFAULT '',
    rev bigint NOT NULL DEFAULT 1,
    CHECK (end_ms > begin_ms)
);
CREATE INDEX caption_cue_place ON caption_cue (track_id, begin_ms, id);
CREATE UNIQUE INDEX caption_cue_op ON caption_cue (track_id, op) WHERE op IS NOT NULL;

-- Which of the captioners types now.
CREATE TABLE caption_turn (
    session_id bigint PRIMARY KEY REFERENCES council_session ON DELETE CASCADE,
    account_id bigint REFERENCES account,
    name text NOT NULL DEFAULT '',
    -- who asked to go on typing after this one
    next_account_id bigint REFERENCES account,
    next_name text NOT NULL DEFAULT '',
    rev bigint NOT NULL DEFAULT 1
);

-- What residents read of a session in a language: the published version, else what was typed live.
CREATE VIEW caption_public AS
SELECT DISTINCT ON (session_id, language) id AS track_id, session_id, language, version, kind, state, published_at
FROM caption_track
WHERE state = 'published' OR (kind = 'live' AND state = 'working')
ORDER BY session_id, language, state = 'published' DESC, version DESC;
