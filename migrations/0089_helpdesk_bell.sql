-- The agents' bell: what rings for whom and when, what is told while no page is open, and screens on a wall.

CREATE TABLE helpdesk_bell (
    account_id   bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    queues       bigint[],
    rings        text[] NOT NULL DEFAULT '{new,moved,answers_mine,alarms}'
                 CHECK (rings <@ ARRAY['new', 'moved', 'answers_mine', 'answers_any', 'alarms']),
    hours        jsonb NOT NULL DEFAULT '[[[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]], [[0, 1440]]]'
                 CHECK (jsonb_array_length(hours) = 7),
    holidays_off boolean NOT NULL DEFAULT false,
    quiet_until  timestamptz,
    sound        boolean NOT NULL DEFAULT true,
    tone         text NOT NULL DEFAULT 'bell' CHECK (tone IN ('bell', 'chime', 'knock', 'horn')),
    volume       smallint NOT NULL DEFAULT 60 CHECK (volume BETWEEN 1 AND 100),
    notify       boolean NOT NULL DEFAULT false,
    push         boolean NOT NULL DEFAULT false,
    cleared_at   timestamptz,
    seen         text[] NOT NULL DEFAULT '{}',
    rev          bigint NOT NULL DEFAULT 1
);
CREATE INDEX helpdesk_bell_push ON helpdesk_bell (account_id) WHERE push;
COMMENT ON TABLE helpdesk_bell IS 'An agent without a row has the values that stand here';
COMMENT ON COLUMN helpdesk_bell.queues IS 'Which ring; none: those of the agent''s teams, whatever they are';
COMMENT ON COLUMN helpdesk_bell.hours IS 'Monday first; of each day spans [opens, closes] in minutes of the local day';
COMMENT ON COLUMN helpdesk_bell.cleared_at IS 'Nothing older stands on the bell';
COMMENT ON COLUMN helpdesk_bell.seen IS 'Single alerts that were opened or put away, the newest last';

-- What may have to be told by Web Push, should no page of an agent acknowledge it soon. A row for each alert, and none
-- while nobody wants to be told.
CREATE TABLE helpdesk_bell_mark (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('new', 'moved', 'answer')),
    ticket_id bigint NOT NULL,
    queue_id  bigint NOT NULL,
    entry_id  bigint,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION mark_bell_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_at > clock_timestamp() - interval '1 hour' AND EXISTS (SELECT FROM helpdesk_bell WHERE push) THEN
        INSERT INTO helpdesk_bell_mark (kind, ticket_id, queue_id)
        VALUES ('new', NEW.id, NEW.queue_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_bell_sent AFTER INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION mark_bell_ticket();

CREATE FUNCTION mark_bell_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM helpdesk_bell WHERE push) THEN
        INSERT INTO helpdesk_bell_mark (kind, ticket_id, queue_id) VALUES ('moved', NEW.id, NEW.queue_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_bell_moved AFTER UPDATE OF queue_id ON ticket FOR EACH ROW
    WHEN (OLD.queue_id <> NEW.queue_id) EXECUTE FUNCTION mark_bell_moved();

CREATE FUNCTION mark_bell_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM helpdesk_bell WHERE push)
       AND EXISTS (SELECT FROM ticket_entry e WHERE e.ticket_id = NEW.ticket_id AND e.id < NEW.id) THEN
        INSERT INTO helpdesk_bell_mark (kind, ticket_id, queue_id, entry_id)
        SELECT 'answer', t.id, t.queue_id, NEW.id FROM ticket t WHERE t.id = NEW.ticket_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_bell_answer AFTER INSERT ON ticket_entry FOR EACH ROW
    WHEN (NEW.kind = 'reply' AND NOT NEW.by_staff AND NEW.at > clock_timestamp() - interval '1 hour')
    EXECUTE FUNCTION mark_bell_answer();

-- Screens on a wall: whoever knows the address sees figures, numbers of tickets and units; no subject and no name.
CREATE TABLE helpdesk_wallboard (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    key        text NOT NULL UNIQUE,
    queues     bigint[],
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);
COMMENT ON COLUMN helpdesk_wallboard.key IS 'SHA-256 of the address''s secret; the secret itself is shown once';
COMMENT ON COLUMN helpdesk_wallboard.queues IS 'Which it shows; none: all that are active';
