-- Each key has an encoder's place: the primary one feeds a session, the backup takes over when it is lost.
ALTER TABLE stream_key ADD COLUMN slot text NOT NULL DEFAULT 'primary' CHECK (slot IN ('primary', 'backup'));
