-- How somebody wants to hear of new messages in the registers of all their schools. It is of the account, of no school.

CREATE TABLE message_choice (
    account_id bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    push       boolean NOT NULL DEFAULT true,
    mail       boolean NOT NULL DEFAULT false
);
