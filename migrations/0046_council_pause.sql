-- The timer of a speech can be stopped: the time of an interruption is not the speaker's.
ALTER TABLE council_speech
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN paused_s double precision NOT NULL DEFAULT 0 CHECK (paused_s >= 0),
    ADD CHECK (paused_at IS NULL OR state = 'speaking');
COMMENT ON COLUMN council_speech.paused_at IS 'The timer stands since then';
COMMENT ON COLUMN council_speech.paused_s IS 'Seconds of earlier stops; they do not count against limit_s';
