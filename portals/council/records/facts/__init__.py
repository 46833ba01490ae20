"""What is known of sessions once they are over: read by minutes, open data and the pages of councillors."""
