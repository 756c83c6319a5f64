// SPDX-License-Identifier: GPL-2.0
/* Features over the card's MSI-X structures: cards/msix.card */

#include "guest.h"

#include <errno.h>
#include <sys/mman.h>

static const struct {
	unsigned int id;
	const char *what, *irqs, *mappable;
	int claim;
} features[] = {
	{ 0x300, "of its own pages", "1", "1", 0 },
	{ 0x301, "with three interrupts", "3", "1", 0 },
	{ 0x304, "over the MSI-X table's first entry", "0", "0", -ENXIO },
	{ 0x307, "over the MSI-X table's last entry", "0", "0", -ENXIO },
	{ 0x308, "right behind the MSI-X table", "0", "0", 0 },
	{ 0x305, "in the table's page, beside it", "0", "0", 0 },
	{ 0x30a, "right before the pending bits", "0", "0", 0 },
	{ 0x306, "over the pending bits", "0", "0", -ENXIO },
	{ 0x309, "right behind the pending bits", "0", "0", 0 },
};

int main(void)
{
	unsigned int i;
	void *map;

	setup("msix");
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		char *feat = need_feature(features[i].id, 0);
		const char *what = features[i].what;

		is_str(get(feat, "dflres/num_irqs"), features[i].irqs,
		       "a feature %s: num_irqs says how many interrupts there are", what);
		is_str(get(feat, "dflres/mappable"), features[i].mappable,
		       "a feature %s: mappable says whether the MSI-X table is elsewhere", what);
		is_str(get(feat, "dflres/claimable"), features[i].claim ? "msix" : "yes",
		       "a feature %s: claimable says msix, or yes", what);
		is(set_owner(feat, "user"), features[i].claim, "a feature %s: a claim answers as claimable says", what);
		if (features[i].claim)
			continue;
		map = map_regs(feat, 0, PAGE);
		is(map == MAP_FAILED ? -errno : 0, features[i].mappable[0] == '1' ? 0 : -ENODEV,
		   "a feature %s: mmap answers as mappable says", what);
		is(set_owner(feat, "none"), 0, "a feature %s: the claim is released", what);
	}
	return done();
}
