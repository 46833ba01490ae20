"""The agents' desk: who is at a ticket right now, and changes of many tickets at once that can be taken back."""
