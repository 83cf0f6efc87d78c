"""Rules on evidence: whether clips and images reached somebody, and whether times can be. They read sessions.csv."""
