# SPDX-License-Identifier: GPL-2.0
# Turns the output of `dflres list --json` into metrics, in the text that OpenMetrics and Prometheus have in common: for the
# textfile collector of node_exporter, which knows only gauges for an info and a state set.
def sample($name; $labels; $value):
	"\($name){\([$labels | to_entries[] | "\(.key)=\(.value // "" | tojson)"] | join(","))} \($value)";
def family($name; $help): "# HELP \($name) \($help)", "# TYPE \($name) gauge";
def truth: if . then 1 else 0 end;

family("dflres_complete"; "Whether the module is loaded and all features could be read."),
"dflres_complete \(.complete | truth)",
family("dflres_feature_info"; "What a feature is, and the driver that is bound to it."),
(.features[] | sample("dflres_feature_info"; {feature, card, type, id, revision, driver}; 1)),
family("dflres_feature_owner"; "Who owns a feature: 1 for one of none, kernel and user."),
(.features[] | ("none", "kernel", "user") as $owner |
	sample("dflres_feature_owner"; {feature, card, owner: $owner}; .owner == $owner | truth)),
family("dflres_claims"; "How many features a user has claimed."),
([.features[] | select(.owner == "user")] | group_by(.user)[] |
	sample("dflres_claims"; {user: .[0].user}; length)),
"# EOF"
