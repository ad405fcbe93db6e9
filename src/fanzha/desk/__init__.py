"""The people's side: alerts, measures, appeals, lists, audit and reports, with rights and four eyes."""
