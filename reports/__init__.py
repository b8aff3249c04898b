"""The pages and tables that show Runs: one file a report; they import only bench."""
