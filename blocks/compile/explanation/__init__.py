"""What a function does when it is called: its instructions, their memory and their times."""
