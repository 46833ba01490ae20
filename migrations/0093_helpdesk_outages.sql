-- Outages: what does not work for many at once, planned maintenance, who is hit, and which tickets belong to it.

CREATE TABLE outage (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind             text NOT NULL CHECK (kind IN ('incident', 'planned')),
    state            text NOT NULL CHECK (state IN ('announced', 'running', 'ended', 'withdrawn')),
    title            text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
    text             text NOT NULL DEFAULT '' CHECK (length(text) <= 2000),
    service_id       bigint REFERENCES helpdesk_service ON DELETE SET NULL,
    category_id      bigint REFERENCES helpdesk_category ON DELETE SET NULL,
    everywhere       boolean NOT NULL,
    unit_kinds       text[] NOT NULL DEFAULT '{}' CHECK (unit_kinds <@ ARRAY['department', 'school', 'other']),
    room             text NOT NULL DEFAULT '' CHECK (length(room) <= 80),
    model_id         bigint REFERENCES device_model ON DELETE SET NULL,
    words            text[] NOT NULL DEFAULT '{}',
    gathers          boolean NOT NULL,
    public           boolean NOT NULL,
    ticket_id        bigint NOT NULL REFERENCES ticket,
    starts_at        timestamptz NOT NULL,
    expected_end     timestamptz,
    ended_at         timestamptz,
    outcome          text NOT NULL DEFAULT '' CHECK (length(outcome) <= 2000),
    update_every_min integer CHECK (update_every_min BETWEEN 5 AND 10080),
    updated_at       timestamptz NOT NULL,
    declared_by      bigint REFERENCES account ON DELETE SET NULL,
    declared_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev              bigint NOT NULL DEFAULT 1,
    CHECK (expected_end > starts_at),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK (ended_at >= starts_at)
);
CREATE UNIQUE INDEX outage_of_ticket ON outage (ticket_id) WHERE state IN ('announced', 'running');
CREATE INDEX outage_current ON outage (starts_at) WHERE state IN ('announced', 'running');
CREATE INDEX outage_public ON outage (ended_at) WHERE public AND state = 'ended';
CREATE INDEX outage_past ON outage (ended_at) WHERE state = 'ended';
COMMENT ON COLUMN outage.everywhere IS 'Hits all units; else those of outage_unit, what is below them, and all of unit_kinds';
COMMENT ON COLUMN outage.room IS 'A floor or another place in the units; empty: all of them';
COMMENT ON COLUMN outage.model_id IS 'Only devices of this model; none: whatever people use';
COMMENT ON COLUMN outage.words IS 'One of them begins a word of the subject of a ticket without category: small letters without marks';
COMMENT ON COLUMN outage.gathers IS 'Tickets that are about it are put below its own as they come, and ring nowhere';
COMMENT ON COLUMN outage.public IS 'Residents see it at /awarie';
COMMENT ON COLUMN outage.ticket_id IS 'In which the helpdesk works on it; solving it solves those below it';
COMMENT ON COLUMN outage.updated_at IS 'When people were told something last: escalations count from it';

CREATE TABLE outage_unit (
    outage_id bigint NOT NULL REFERENCES outage ON DELETE CASCADE,
    unit_id   bigint NOT NULL REFERENCES unit ON DELETE CASCADE,
    PRIMARY KEY (outage_id, unit_id)
);
CREATE INDEX outage_unit_of ON outage_unit (unit_id);

CREATE TABLE outage_update (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outage_id    bigint NOT NULL REFERENCES outage ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('announced', 'begun', 'update', 'changed', 'ended', 'withdrawn')),
    text         text NOT NULL DEFAULT '' CHECK (length(text) <= 2000),
    expected_end timestamptz,
    author_id    bigint REFERENCES account ON DELETE SET NULL,
    author_name  text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outage_update_of ON outage_update (outage_id, id);
COMMENT ON COLUMN outage_update.expected_end IS 'What people were told with it';

CREATE TABLE outage_hit (
    outage_id  bigint NOT NULL REFERENCES outage ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    unit_id    bigint NOT NULL REFERENCES unit ON DELETE CASCADE,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (outage_id, account_id)
);
CREATE INDEX outage_hit_account ON outage_hit (account_id);
COMMENT ON TABLE outage_hit IS 'Who has pressed «me too», and for which unit';

CREATE TABLE outage_ticket (
    outage_id bigint NOT NULL REFERENCES outage ON DELETE CASCADE,
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    how       text NOT NULL CHECK (how IN ('itself', 'by_hand')),
    joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    left_at   timestamptz,
    told      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (outage_id, ticket_id)
);
CREATE INDEX outage_ticket_of ON outage_ticket (ticket_id);
CREATE INDEX outage_ticket_untold ON outage_ticket (outage_id) WHERE NOT told;
COMMENT ON TABLE outage_ticket IS 'Tickets that stand or stood below the outage''s own while it ran';
COMMENT ON COLUMN outage_ticket.how IS 'itself: it came in and was about the same, so it did not ring';
COMMENT ON COLUMN outage_ticket.told IS 'Its requester and the pages know';

CREATE TABLE outage_told (
    outage_id bigint PRIMARY KEY REFERENCES outage ON DELETE CASCADE,
    people    integer NOT NULL DEFAULT 0,
    units     integer NOT NULL DEFAULT 0,
    tickets   integer NOT NULL DEFAULT 0,
    alarms    smallint NOT NULL DEFAULT 0,
    since     timestamptz,
    counted   bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE outage_told IS 'What pages were told last: counts, and how often silence was escalated since the last update';
COMMENT ON COLUMN outage_told.counted IS 'Grows with each telling';

CREATE FUNCTION outage_reaches(o outage, wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT o.everywhere OR EXISTS (
        SELECT FROM unit u LEFT JOIN unit_card c ON c.unit_id = u.id
         WHERE u.id = wanted
           AND (c.kind = ANY (o.unit_kinds)
                OR EXISTS (SELECT FROM outage_unit x
                            WHERE x.outage_id = o.id AND x.unit_id::text = ANY (string_to_array(u.path, '.')))))
$$;

CREATE FUNCTION plain_words(words text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT ' ' || btrim(regexp_replace(lower(translate(words, 'ąćęłńóśźżĄĆĘŁŃÓŚŹŻ', 'acelnoszzacelnoszz')), '[^[:alnum:]]+', ' ', 'g'))
$$;

CREATE FUNCTION outage_is_about(
    o outage, wanted_category bigint, wanted_service bigint, wanted_room text, wanted_device bigint, subject text
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (o.category_id = wanted_category OR o.service_id = wanted_service
            OR wanted_category IS NULL AND EXISTS (
               SELECT FROM unnest(o.words) AS word WHERE strpos(plain_words(subject), ' ' || word) > 0)) IS TRUE
       AND (o.room = '' OR strpos(plain_words(wanted_room), plain_words(o.room)) > 0)
       AND (o.model_id IS NULL OR wanted_device IS NULL
            OR EXISTS (SELECT FROM device d WHERE d.id = wanted_device AND d.model_id = o.model_id))
$$;

-- In the transaction that sends it: a ticket that belongs to an outage never rings on its own. The row of the outage is
-- held, so that it cannot end between the two: whoever ends it takes it FOR UPDATE before any ticket.
CREATE FUNCTION join_outage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    SELECT o.ticket_id INTO found
      FROM outage o JOIN ticket p ON p.id = o.ticket_id
     WHERE o.state = 'running' AND o.gathers AND NEW.sent_at >= o.starts_at
       AND p.state IN ('new', 'open', 'pending') AND p.parent_id IS NULL
       AND outage_reaches(o, NEW.unit_id)
       AND outage_is_about(o, NEW.category_id, NEW.service_id, NEW.room, NEW.device_id, NEW.subject)
     ORDER BY o.starts_at DESC, o.id DESC LIMIT 1
       FOR KEY SHARE OF o;
    NEW.parent_id := found;
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_joins_outage BEFORE INSERT ON ticket
    FOR EACH ROW WHEN (NEW.parent_id IS NULL AND NEW.source <> 'split') EXECUTE FUNCTION join_outage();

CREATE FUNCTION mark_outage_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE outage_ticket t SET left_at = clock_timestamp()
          FROM outage o
         WHERE t.ticket_id = NEW.id AND t.left_at IS NULL AND o.id = t.outage_id AND o.ticket_id = OLD.parent_id;
    END IF;
    IF NEW.parent_id IS NOT NULL THEN
        INSERT INTO outage_ticket AS t (outage_id, ticket_id, how)
        SELECT o.id, NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'itself' ELSE 'by_hand' END
          FROM outage o WHERE o.ticket_id = NEW.parent_id AND o.state = 'running'
        ON CONFLICT (outage_id, ticket_id) DO UPDATE SET left_at = NULL, how = excluded.how, told = false;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ticket_joined_outage AFTER INSERT ON ticket
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION mark_outage_ticket();
CREATE TRIGGER ticket_changes_outage AFTER UPDATE OF parent_id ON ticket
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION mark_outage_ticket();

CREATE VIEW outage_row AS
SELECT o.id, o.kind, o.state, o.title, o.text, o.service_id, coalesce(s.name, '') AS service_name, o.category_id,
       coalesce(c.name, '') AS category_name, o.everywhere, o.unit_kinds,
       ARRAY(SELECT x.unit_id FROM outage_unit x JOIN unit u ON u.id = x.unit_id WHERE x.outage_id = o.id
              ORDER BY u.name, u.id) AS unit_ids,
       ARRAY(SELECT coalesce(k.short_name, u.name) FROM outage_unit x JOIN unit u ON u.id = x.unit_id
               LEFT JOIN unit_card k ON k.unit_id = u.id WHERE x.outage_id = o.id ORDER BY u.name, u.id) AS unit_names,
       o.room, o.model_id, coalesce(btrim(m.maker || ' ' || m.name), '') AS model_name, o.words, o.gathers, o.public,
       o.ticket_id, o.starts_at, o.expected_end, o.ended_at, o.outcome, o.update_every_min, o.updated_at, o.declared_by,
       coalesce(a.name, '') AS declared_name, coalesce(t.people, 0) AS people, coalesce(t.units, 0) AS hit_units,
       coalesce(t.tickets, 0) AS tickets, coalesce(t.counted, 0) AS counted, o.rev
  FROM outage o
  LEFT JOIN helpdesk_service s ON s.id = o.service_id
  LEFT JOIN helpdesk_category c ON c.id = o.category_id
  LEFT JOIN device_model m ON m.id = o.model_id
  LEFT JOIN account a ON a.id = o.declared_by
  LEFT JOIN outage_told t ON t.outage_id = o.id;
COMMENT ON COLUMN outage_row.hit_units IS 'From which units people said «me too» or sent tickets';
