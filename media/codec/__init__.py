"""The only place where something is decoded or encoded: threads and processes of their own, fed by bounded queues."""
