"""Accounts, sign-in, sessions, roles and the organisation's tree."""
