-- Mail of the helpdesk: which address belongs to which queue, every letter that came and what became of it, every letter
-- that was sent and whether it arrived.

CREATE TABLE helpdesk_address (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address  text NOT NULL UNIQUE CHECK (address = lower(address) AND length(address) BETWEEN 3 AND 254),
    name     text NOT NULL DEFAULT '' CHECK (length(name) <= 80),
    queue_id bigint NOT NULL REFERENCES helpdesk_queue,
    unit_id  bigint REFERENCES unit ON DELETE SET NULL,
    active   boolean NOT NULL DEFAULT true,
    rev      integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN helpdesk_address.unit_id IS 'Tickets of this address are of this unit, whoever writes; none: the sender''s own';

CREATE TABLE helpdesk_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    way         text NOT NULL CHECK (way IN ('lmtp', 'imap')),
    address_id  bigint REFERENCES helpdesk_address ON DELETE SET NULL,
    message_key text NOT NULL,
    digest      text NOT NULL,
    target      text NOT NULL,
    sender      text NOT NULL DEFAULT '',
    sender_name text NOT NULL DEFAULT '',
    subject     text NOT NULL DEFAULT '',
    outcome     text NOT NULL CHECK (outcome IN ('ticket', 'reply', 'note', 'delivery', 'aside')),
    via         text NOT NULL DEFAULT '',
    reason      text NOT NULL DEFAULT '',
    detail      text NOT NULL DEFAULT '',
    ticket_id   bigint REFERENCES ticket ON DELETE SET NULL,
    entry_id    bigint REFERENCES ticket_entry ON DELETE SET NULL,
    file_id     uuid REFERENCES file,
    bytes       bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled     text NOT NULL DEFAULT '' CHECK (handled IN ('', 'ticket', 'discarded')),
    handled_by  bigint REFERENCES account ON DELETE SET NULL,
    handled_at  timestamptz,
    rev         integer NOT NULL DEFAULT 1,
    UNIQUE (message_key, target, digest),
    CHECK ((outcome = 'aside') = (reason <> '')),
    CHECK (handled = '' OR outcome = 'aside')
);
COMMENT ON COLUMN helpdesk_letter.message_key IS 'Message-ID; without one sha256: and the digest';
COMMENT ON COLUMN helpdesk_letter.digest IS 'Of what it says, without the traces of its way: the same letter over two ways has the same';
COMMENT ON COLUMN helpdesk_letter.target IS 'Our address it came to: the same letter to two of them is two tickets';
COMMENT ON COLUMN helpdesk_letter.via IS 'How its ticket was found: reference, token, subject, people, twin';
COMMENT ON COLUMN helpdesk_letter.file_id IS 'The raw bytes';
CREATE INDEX helpdesk_letter_ticket ON helpdesk_letter (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX helpdesk_letter_waiting ON helpdesk_letter (id DESC) WHERE outcome = 'aside' AND handled = '';
CREATE INDEX helpdesk_letter_sender ON helpdesk_letter (sender, received_at DESC);
CREATE INDEX helpdesk_letter_file ON helpdesk_letter (file_id);
CREATE INDEX helpdesk_letter_received ON helpdesk_letter (received_at);

-- Files of letters that are kept back; their bytes are in the raw letter.
CREATE TABLE helpdesk_withheld (
    letter_id bigint NOT NULL REFERENCES helpdesk_letter ON DELETE CASCADE,
    place     smallint NOT NULL,
    name      text NOT NULL,
    bytes     bigint NOT NULL,
    reason    text NOT NULL CHECK (reason IN ('kind', 'damaged', 'too_large', 'too_many', 'malware', 'unscanned', 'empty')),
    detail    text NOT NULL DEFAULT '',
    released_at timestamptz,
    PRIMARY KEY (letter_id, place)
);
COMMENT ON COLUMN helpdesk_withheld.place IS 'Of the letter''s files, from 1';
CREATE INDEX helpdesk_withheld_unscanned ON helpdesk_withheld (letter_id) WHERE reason = 'unscanned' AND released_at IS NULL;

-- Who takes part in a ticket by mail alone: whom somebody who belongs to it has copied in.
CREATE TABLE helpdesk_party (
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    address   text NOT NULL CHECK (address = lower(address)),
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, address)
);

CREATE TABLE helpdesk_sent (
    message_id text PRIMARY KEY,
    mail_id    uuid NOT NULL,
    ticket_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    entry_id   bigint REFERENCES ticket_entry ON DELETE CASCADE,
    recipient  text NOT NULL,
    automatic  boolean NOT NULL,
    state      text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'delayed', 'delivered', 'failed')),
    status     text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    sent_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_at    timestamptz
);
COMMENT ON COLUMN helpdesk_sent.automatic IS 'Written by the program (a receipt), so that nobody''s answering machine is answered';
COMMENT ON COLUMN helpdesk_sent.told_at IS 'When a mail server told what became of it';
CREATE INDEX helpdesk_sent_ticket ON helpdesk_sent (ticket_id, sent_at);
CREATE INDEX helpdesk_sent_mail ON helpdesk_sent (mail_id) WHERE state = 'sent';

-- Answers that have still to be written to those who take part by mail: marked in the transaction that answers.
CREATE TABLE helpdesk_outgoing (
    entry_id  bigint PRIMARY KEY REFERENCES ticket_entry ON DELETE CASCADE,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION helpdesk_mark_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO helpdesk_outgoing (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
-- What is older than an hour is an import or a demo: nobody is written to about it.
CREATE TRIGGER helpdesk_mark_outgoing AFTER INSERT ON ticket_entry
    FOR EACH ROW WHEN (NEW.kind = 'reply' AND NEW.public AND NEW.by_staff AND NEW.at > now() - interval '1 hour')
    EXECUTE FUNCTION helpdesk_mark_outgoing();

CREATE TABLE helpdesk_mailbox (
    name        text PRIMARY KEY,
    uidvalidity bigint NOT NULL DEFAULT 0,
    last_uid    bigint NOT NULL DEFAULT 0,
    looked_at   timestamptz,
    problem     text NOT NULL DEFAULT ''
);
COMMENT ON TABLE helpdesk_mailbox IS 'How far each mailbox was read (IMAP); a new UIDVALIDITY begins anew, and no letter is taken twice';
