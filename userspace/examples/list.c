// SPDX-License-Identifier: LGPL-2.1-or-later
/* List the features, and who owns them. */
#include <dflres.h>
#include <stdio.h>
#include <string.h>

/* Without the dflres module there is an id, but no owner. */
static void print(const struct dflres_feature *feature)
{
	enum dflres_owner owner;
	unsigned int id;

	if (dflres_feature_id(feature, &id))
		return;
	printf("%s on %s: id 0x%x, owner %s\n", dflres_feature_name(feature),
	       dflres_feature_card(feature), id,
	       dflres_feature_owner(feature, &owner) ? "not known" :
	       dflres_owner_name(owner));
}

int main(void)
{
	struct dflres_feature *feature;
	struct dflres_list *list;
	int error;

	error = dflres_list_new(&list);
	if (error) {
		fprintf(stderr, "cannot list the features: %s\n",
			strerror(-error));
		return 1;
	}
	for (size_t i = 0; i < dflres_list_count(list); i++) {
		/* it went away meanwhile */
		if (dflres_list_open(&feature, list, i))
			continue;
		print(feature);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	return 0;
}
