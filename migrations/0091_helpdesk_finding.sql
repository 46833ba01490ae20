-- Finding tickets. What filters and rights look at stands in a narrow row that follows its ticket in the same transaction;
-- words are stemmed by the program, so for them a mark is left here and background work takes it away.

CREATE TABLE ticket_facet (
    ticket_id   bigint PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    queue_id    bigint NOT NULL,
    category_id bigint,
    unit_id     bigint,
    device_id   bigint,
    assignee_id bigint,
    sent_at     timestamptz NOT NULL,
    priority    smallint NOT NULL,
    state       text NOT NULL
) WITH (fillfactor = 90);
COMMENT ON TABLE ticket_facet IS 'Copy of the ticket''s columns that filters ask for: a tenth of its width, so that 100,000 are looked through in milliseconds';
CREATE INDEX ticket_facet_open ON ticket_facet (ticket_id DESC) WHERE state IN ('new', 'open', 'pending');

CREATE TABLE ticket_words (
    ticket_id bigint PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    words     tsvector NOT NULL
);
COMMENT ON COLUMN ticket_words.words IS 'Weights: A number and subject, B who, where and about what, C public words, D what only the helpdesk reads (notes, e-mail, serial number); with a tilde: what filters narrow by, portals/helpdesk/finding/narrowing.py';
CREATE INDEX ticket_words_words ON ticket_words USING gin (words) WITH (fastupdate = off);

-- A line for each change, never one for two: no writer waits for the index, and what commits while a ticket is read leaves
-- a line of its own.
CREATE TABLE ticket_words_stale (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL
);
CREATE INDEX ticket_words_stale_ticket ON ticket_words_stale (ticket_id);

CREATE FUNCTION ticket_made_findable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_facet (ticket_id, queue_id, category_id, unit_id, device_id, assignee_id, sent_at, priority, state)
        SELECT id, queue_id, category_id, unit_id, device_id, assignee_id, sent_at, priority, state FROM made;
    -- without words yet: whoever writes them later locks no ticket for it
    INSERT INTO ticket_words (ticket_id, words) SELECT id, '' FROM made;
    INSERT INTO ticket_words_stale (ticket_id) SELECT id FROM made ORDER BY id;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_findable AFTER INSERT ON ticket REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_made_findable();

CREATE FUNCTION ticket_facet_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket_facet SET queue_id = NEW.queue_id, category_id = NEW.category_id, unit_id = NEW.unit_id,
           device_id = NEW.device_id, assignee_id = NEW.assignee_id, sent_at = NEW.sent_at, priority = NEW.priority,
           state = NEW.state
     WHERE ticket_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_facet_follows
    AFTER UPDATE OF queue_id, category_id, unit_id, device_id, assignee_id, sent_at, priority, state ON ticket
    FOR EACH ROW
    WHEN ((OLD.queue_id, OLD.category_id, OLD.unit_id, OLD.device_id, OLD.assignee_id, OLD.sent_at, OLD.priority, OLD.state)
          IS DISTINCT FROM
          (NEW.queue_id, NEW.category_id, NEW.unit_id, NEW.device_id, NEW.assignee_id, NEW.sent_at, NEW.priority, NEW.state))
    EXECUTE FUNCTION ticket_facet_follows();

CREATE FUNCTION ticket_words_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_stale (ticket_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_words_mark
    AFTER UPDATE OF subject, requester_name, requester_email, requester_phone, room, unit_id, device_id, category_id,
                    service_id, details, queue_id, assignee_id, sent_at, state
    ON ticket FOR EACH ROW
    WHEN ((OLD.subject, OLD.requester_name, OLD.requester_email, OLD.requester_phone, OLD.room, OLD.unit_id, OLD.device_id,
           OLD.category_id, OLD.service_id, OLD.details, OLD.queue_id, OLD.assignee_id, OLD.sent_at,
           OLD.state IN ('new', 'open', 'pending'))
          IS DISTINCT FROM
          (NEW.subject, NEW.requester_name, NEW.requester_email, NEW.requester_phone, NEW.room, NEW.unit_id, NEW.device_id,
           NEW.category_id, NEW.service_id, NEW.details, NEW.queue_id, NEW.assignee_id, NEW.sent_at,
           NEW.state IN ('new', 'open', 'pending')))
    EXECUTE FUNCTION ticket_words_mark();

CREATE FUNCTION ticket_words_mark_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_stale (ticket_id) SELECT DISTINCT ticket_id FROM made WHERE kind <> 'event';
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_words_mark_entries AFTER INSERT ON ticket_entry REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_words_mark_entries();

CREATE FUNCTION ticket_words_mark_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_stale (ticket_id)
        SELECT DISTINCT e.ticket_id FROM made JOIN ticket_entry e ON e.id = made.entry_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_words_mark_files AFTER INSERT ON ticket_entry_file REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_words_mark_files();

-- What takes a name from another row. The argument is the column of the ticket that names it.
CREATE FUNCTION ticket_words_mark_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO ticket_words_stale (ticket_id) SELECT id FROM ticket WHERE %I = $1', TG_ARGV[0])
        USING (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    RETURN NULL;
END
$$;
CREATE TRIGGER helpdesk_category_named AFTER UPDATE OF name ON helpdesk_category
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION ticket_words_mark_named('category_id', 'id');
CREATE TRIGGER helpdesk_service_named AFTER UPDATE OF name ON helpdesk_service
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION ticket_words_mark_named('service_id', 'id');
CREATE TRIGGER unit_named_in_tickets AFTER UPDATE OF name ON unit
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION ticket_words_mark_named('unit_id', 'id');
CREATE TRIGGER unit_card_named_in_tickets AFTER INSERT OR UPDATE OF short_name ON unit_card
    FOR EACH ROW EXECUTE FUNCTION ticket_words_mark_named('unit_id', 'unit_id');
CREATE TRIGGER device_named_in_tickets AFTER UPDATE OF inventory_number, serial, asset_number, model_id ON device
    FOR EACH ROW WHEN ((OLD.inventory_number, OLD.serial, OLD.asset_number, OLD.model_id)
                       IS DISTINCT FROM (NEW.inventory_number, NEW.serial, NEW.asset_number, NEW.model_id))
    EXECUTE FUNCTION ticket_words_mark_named('device_id', 'id');

CREATE FUNCTION ticket_words_mark_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_stale (ticket_id)
        SELECT t.id FROM ticket t JOIN device d ON d.id = t.device_id WHERE d.model_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER device_model_named_in_tickets AFTER UPDATE OF maker, name ON device_model
    FOR EACH ROW WHEN ((OLD.maker, OLD.name) IS DISTINCT FROM (NEW.maker, NEW.name))
    EXECUTE FUNCTION ticket_words_mark_model();

-- Whose promise was broken, without a look at each clock.
CREATE INDEX ticket_clock_missed ON ticket_clock (ticket_id) WHERE NOT kept;
CREATE INDEX ticket_clock_late ON ticket_clock (late_at, ticket_id) WHERE stopped_at IS NULL;

-- what was there before
INSERT INTO ticket_facet (ticket_id, queue_id, category_id, unit_id, device_id, assignee_id, sent_at, priority, state)
    SELECT id, queue_id, category_id, unit_id, device_id, assignee_id, sent_at, priority, state FROM ticket;
INSERT INTO ticket_words (ticket_id, words) SELECT id, '' FROM ticket;
INSERT INTO ticket_words_stale (ticket_id) SELECT id FROM ticket ORDER BY id;
