"""What a reader takes away: pictures, tables, a file that opens without a network, code."""
