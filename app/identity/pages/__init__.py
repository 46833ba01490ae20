"""Pages of accounts: for visitors, for the account's owner, for administrators and auditors."""
