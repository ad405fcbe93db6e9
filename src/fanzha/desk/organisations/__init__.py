"""Who is who: organisations by region, the networks they run, people, and the seats they hold."""
