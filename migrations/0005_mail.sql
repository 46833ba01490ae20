-- Mail on its way out. The content goes when the mail has been taken by the next server or was refused for good;
-- the line itself stays a month, for «I never got it».

CREATE TABLE mail (
    id uuid PRIMARY KEY,
    recipient text NOT NULL,
    subject text NOT NULL,
    content bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    refused_at timestamptz,
    reason text NOT NULL DEFAULT '',
    CHECK (sent_at IS NULL OR refused_at IS NULL)
);
COMMENT ON COLUMN mail.content IS 'msgpack of app.mail.message.Mail';
COMMENT ON COLUMN mail.reason IS 'what the server said at the last attempt that failed';
CREATE INDEX mail_created_at ON mail (created_at);
CREATE INDEX mail_recipient ON mail (lower(recipient));
