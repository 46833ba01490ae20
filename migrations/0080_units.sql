-- What the intranet knows of a unit beside its place in the tree (0001): how it is called for short, where it is, who belongs to it.

CREATE TABLE unit_card (
    unit_id    bigint PRIMARY KEY REFERENCES unit ON DELETE CASCADE,
    short_name text NOT NULL CHECK (length(short_name) BETWEEN 1 AND 40),
    kind       text NOT NULL CHECK (kind IN ('department', 'school', 'other')),
    address    text NOT NULL DEFAULT '' CHECK (length(address) <= 200),
    room       text NOT NULL DEFAULT '' CHECK (length(room) <= 40),
    phone      text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    email      text NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    active     boolean NOT NULL DEFAULT true,
    rev        integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX unit_card_short_name ON unit_card (lower(short_name));
COMMENT ON COLUMN unit_card.active IS 'A unit that is closed stays in histories and is offered in no form';
COMMENT ON COLUMN unit_card.rev IS 'Grows with the card and with its members';

CREATE TABLE unit_member (
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    unit_id    bigint NOT NULL REFERENCES unit_card ON DELETE CASCADE,
    head       boolean NOT NULL DEFAULT false,
    since      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, unit_id)
);
CREATE INDEX unit_member_of ON unit_member (unit_id);
COMMENT ON TABLE unit_member IS 'Who works in a unit; somebody may work in several. Roles are held apart from it (role_grant)';

CREATE TABLE unit_leaver (
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    unit_id    bigint NOT NULL REFERENCES unit_card ON DELETE CASCADE,
    head       boolean NOT NULL,
    since      timestamptz NOT NULL,
    left_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, unit_id)
);
COMMENT ON TABLE unit_leaver IS 'Who was a member before, so that taking somebody out can be taken back';

CREATE VIEW organisation_unit AS
SELECT u.id, u.name, c.short_name, c.kind, u.parent_id, u.path, c.address, c.room, c.phone, c.email, c.active,
       u.rev + c.rev AS rev
  FROM unit u
  JOIN unit_card c ON c.unit_id = u.id;
COMMENT ON COLUMN organisation_unit.rev IS 'Of both rows: it grows whichever changes';
