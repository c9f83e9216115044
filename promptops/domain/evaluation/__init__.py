"""How an evaluation is planned, judged and paid for."""
