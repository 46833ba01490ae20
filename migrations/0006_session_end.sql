-- When a session ends stands in its row, so that those that run out are found by an index, every second.

ALTER TABLE web_session ADD COLUMN ends_at timestamptz;
COMMENT ON COLUMN web_session.ends_at IS 'Kept by a trigger: the earlier of expires_at, and seen_at with idle_s';

CREATE FUNCTION web_session_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ends_at := least(NEW.expires_at, NEW.seen_at + make_interval(secs => NEW.idle_s));
    RETURN NEW;
END $$;
CREATE TRIGGER web_session_end BEFORE INSERT OR UPDATE OF seen_at, idle_s, expires_at ON web_session
    FOR EACH ROW EXECUTE FUNCTION web_session_end();
UPDATE web_session SET seen_at = seen_at;

ALTER TABLE web_session ALTER COLUMN ends_at SET NOT NULL;
DROP INDEX web_session_expiry;
CREATE INDEX web_session_ends ON web_session (ends_at);

CREATE OR REPLACE VIEW open_session AS
SELECT s.*
  FROM web_session s
  LEFT JOIN account a ON a.id = s.account_id
 WHERE s.ends_at > now()
   AND a.disabled_at IS NULL;
