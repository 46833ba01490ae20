-- Who did what: append-only entries, sealed afterwards into a chain of hashes so that writers never wait for each other.

CREATE TABLE audit_entry (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id bigint,
    login      text NOT NULL,
    name       text NOT NULL,
    address    text NOT NULL,
    action     text NOT NULL,
    subject    text NOT NULL,
    details    jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN audit_entry.account_id IS 'No foreign key: the entry stays when the account is erased';
CREATE INDEX audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_account ON audit_entry (account_id, id);
CREATE INDEX audit_entry_action ON audit_entry (action text_pattern_ops, id);
CREATE INDEX audit_entry_subject ON audit_entry (subject text_pattern_ops, id);

-- Entries that are not sealed yet. Ids are given out before COMMIT and become visible in another order:
-- a «last id» would skip the late ones, this list does not.
CREATE TABLE audit_unsealed (
    entry_id bigint PRIMARY KEY
);

CREATE TABLE audit_seal (
    position bigint PRIMARY KEY CHECK (position > 0),
    entry_id bigint NOT NULL UNIQUE REFERENCES audit_entry,
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32)
);
COMMENT ON COLUMN audit_seal.hash IS 'sha256(hash of the position before || canonical JSON of the entry); the first follows 32 zero bytes';

CREATE FUNCTION audit_list_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (entry_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_entry_to_seal AFTER INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_list_unsealed();

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
