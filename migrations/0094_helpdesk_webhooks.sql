-- Webhooks: what happens with tickets and outages is sent to other programs. Triggers write what is to be sent in the
-- very transaction in which it happens, with the row as it was then.

CREATE TABLE webhook (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    url           text NOT NULL CHECK (length(url) BETWEEN 1 AND 1000),
    events        text[] NOT NULL,
    notes         boolean NOT NULL DEFAULT false,
    active        boolean NOT NULL DEFAULT true,
    stopped       text NOT NULL DEFAULT '' CHECK (stopped IN ('', 'gone', 'failing')),
    secret        bytea,
    old_secret    bytea,
    old_until     timestamptz,
    not_before    timestamptz,
    failing_since timestamptz,
    delivered_at  timestamptz,
    made_by       bigint REFERENCES account ON DELETE SET NULL,
    made_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev           bigint NOT NULL DEFAULT 1,
    CHECK (stopped = '' OR NOT active)
);
CREATE UNIQUE INDEX webhook_name ON webhook (lower(name));
COMMENT ON COLUMN webhook.notes IS 'Notes that stay inside the helpdesk are sent too';
COMMENT ON COLUMN webhook.stopped IS 'Why it was switched off by itself: gone (410), failing (nothing got through for days)';
COMMENT ON COLUMN webhook.secret IS 'Sealed for this row';
COMMENT ON COLUMN webhook.old_secret IS 'The one before, which signs too until old_until';
COMMENT ON COLUMN webhook.not_before IS 'Its receiver asked for peace until then (Retry-After)';
COMMENT ON COLUMN webhook.failing_since IS 'Nothing got through since then';

CREATE TABLE webhook_delivery (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id   bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
    message_id   text NOT NULL DEFAULT 'msg_' || replace(gen_random_uuid()::text, '-', ''),
    kind         text NOT NULL,
    key          text NOT NULL,
    data         jsonb NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    body         text,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts     integer NOT NULL DEFAULT 0,
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_until timestamptz,
    done_at      timestamptz
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, key, id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id DESC);
CREATE INDEX webhook_delivery_done ON webhook_delivery (done_at) WHERE state <> 'waiting';
COMMENT ON COLUMN webhook_delivery.message_id IS 'The same with every attempt: receivers tell by it what they have already';
COMMENT ON COLUMN webhook_delivery.key IS 'What it is about: of one ticket or outage everything is sent in order';
COMMENT ON COLUMN webhook_delivery.data IS 'Rows as they were when it happened';
COMMENT ON COLUMN webhook_delivery.body IS 'What is sent, from the first attempt on';
COMMENT ON COLUMN webhook_delivery.since IS 'From when on it is tried for three days';
COMMENT ON COLUMN webhook_delivery.leased_until IS 'A process is at it until then; if it dies, another one sends it again';

CREATE TABLE webhook_attempt (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES webhook_delivery ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    ms          integer NOT NULL,
    status      integer,
    problem     text NOT NULL DEFAULT '',
    answer      text NOT NULL DEFAULT ''
);
CREATE INDEX webhook_attempt_of ON webhook_attempt (delivery_id, id);
COMMENT ON COLUMN webhook_attempt.answer IS 'The beginning of what the receiver said';

CREATE FUNCTION webhook_out(what text, about text, details jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook_delivery (webhook_id, kind, key, data)
    SELECT id, what, about, details FROM webhook WHERE active AND what = ANY (events) ORDER BY id
$$;

CREATE FUNCTION webhook_wanted(what text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM webhook WHERE active AND what = ANY (events))
$$;

CREATE FUNCTION webhook_ticket(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(t) - '{requester_email,requester_phone,field_revs,requester_id,entered_by}'::text[]
      FROM ticket_row t WHERE t.id = wanted
$$;
COMMENT ON FUNCTION webhook_ticket IS 'Without addresses, telephone numbers and accounts of people';

CREATE FUNCTION webhook_on_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := CASE WHEN TG_OP = 'INSERT' THEN 'ticket.sent'
                      WHEN NEW.state = 'solved' AND OLD.state <> 'solved' THEN 'ticket.solved'
                      WHEN NEW.state = 'closed' AND OLD.state <> 'closed' THEN 'ticket.closed'
                      ELSE 'ticket.changed' END;
BEGIN
    IF webhook_wanted(what) THEN
        PERFORM webhook_out(what, 'ticket/' || NEW.id, jsonb_build_object('ticket', webhook_ticket(NEW.id)));
    END IF;
    RETURN NULL;
END $$;
-- What is older than an hour is an import or a demo: nobody is told.
CREATE TRIGGER webhook_ticket_sent AFTER INSERT ON ticket
    FOR EACH ROW WHEN (NEW.sent_at > now() - interval '1 hour') EXECUTE FUNCTION webhook_on_ticket();
CREATE TRIGGER webhook_ticket_changed
    AFTER UPDATE OF subject, category_id, service_id, unit_id, device_id, room, queue_id, team_id, assignee_id, impact,
                    urgency, priority, state, pending_reason, pending_until, details, parent_id, merged_into_id, rating
    ON ticket FOR EACH ROW
    WHEN ((OLD.subject, OLD.category_id, OLD.service_id, OLD.unit_id, OLD.device_id, OLD.room, OLD.queue_id, OLD.team_id,
           OLD.assignee_id, OLD.impact, OLD.urgency, OLD.priority, OLD.state, OLD.pending_reason, OLD.pending_until,
           OLD.details, OLD.parent_id, OLD.merged_into_id, OLD.rating)
          IS DISTINCT FROM
          (NEW.subject, NEW.category_id, NEW.service_id, NEW.unit_id, NEW.device_id, NEW.room, NEW.queue_id, NEW.team_id,
           NEW.assignee_id, NEW.impact, NEW.urgency, NEW.priority, NEW.state, NEW.pending_reason, NEW.pending_until,
           NEW.details, NEW.parent_id, NEW.merged_into_id, NEW.rating))
    EXECUTE FUNCTION webhook_on_ticket();

-- The first word of a ticket comes with ticket.sent and is no reply. A note goes to those alone that ask for notes.
CREATE FUNCTION webhook_on_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    details jsonb;
BEGIN
    IF NOT webhook_wanted('ticket.replied') OR (NEW.kind = 'reply' AND NOT EXISTS (
        SELECT FROM ticket_entry e WHERE e.ticket_id = NEW.ticket_id AND e.id < NEW.id)) THEN
        RETURN NULL;
    END IF;
    details := jsonb_build_object('ticket', webhook_ticket(NEW.ticket_id), 'entry', jsonb_build_object(
        'id', NEW.id, 'kind', NEW.kind, 'by_staff', NEW.by_staff, 'author_name', NEW.author_name, 'text', NEW.text,
        'at', NEW.at));
    INSERT INTO webhook_delivery (webhook_id, kind, key, data)
    SELECT id, CASE NEW.kind WHEN 'note' THEN 'ticket.noted' ELSE 'ticket.replied' END, 'ticket/' || NEW.ticket_id, details
      FROM webhook
     WHERE active AND 'ticket.replied' = ANY (events) AND (NEW.kind = 'reply' AND NEW.public OR notes) ORDER BY id;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_entry AFTER INSERT ON ticket_entry
    FOR EACH ROW WHEN (NEW.kind IN ('reply', 'note') AND NEW.at > now() - interval '1 hour')
    EXECUTE FUNCTION webhook_on_entry();

CREATE FUNCTION webhook_on_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF webhook_wanted('ticket.alarm') THEN
        PERFORM webhook_out('ticket.alarm', 'ticket/' || NEW.ticket_id, jsonb_build_object(
            'ticket', webhook_ticket(NEW.ticket_id), 'alarm', jsonb_build_object(
                'measure', NEW.measure, 'kind', NEW.kind, 'level', NEW.level, 'target_min', NEW.target_min, 'at', NEW.at)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_alarm AFTER INSERT ON ticket_alarm
    FOR EACH ROW WHEN (NOT NEW.quiet) EXECUTE FUNCTION webhook_on_alarm();

CREATE FUNCTION webhook_on_outage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    what text := CASE NEW.kind WHEN 'announced' THEN 'outage.announced' WHEN 'begun' THEN 'outage.begun'
                               WHEN 'ended' THEN 'outage.ended' WHEN 'withdrawn' THEN 'outage.withdrawn'
                               ELSE 'outage.updated' END;
BEGIN
    IF webhook_wanted(what) THEN
        PERFORM webhook_out(what, 'outage/' || NEW.outage_id, (
            SELECT jsonb_build_object('outage', to_jsonb(o) - '{declared_by,declared_name}'::text[],
                                      'update', jsonb_build_object('kind', NEW.kind, 'text', NEW.text, 'at', NEW.at))
              FROM outage_row o WHERE o.id = NEW.outage_id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER webhook_outage AFTER INSERT ON outage_update
    FOR EACH ROW WHEN (NEW.at > now() - interval '1 hour') EXECUTE FUNCTION webhook_on_outage();
