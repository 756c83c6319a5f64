// SPDX-License-Identifier: LGPL-2.1-or-later
/* The names of types and of feature ids, each one word. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const struct {
	const char *name;
	unsigned int type;
} types[] = {
	{ "fme", DFLRES_TYPE_FME },
	{ "port", DFLRES_TYPE_PORT },
	/* of the Open FPGA Stack's DFL bus; not in Linux */
	{ "priv-feat", 2 },
};

DFLRES_API void dflres_type_name(unsigned int type, char *name, size_t size)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (types[i].type == type) {
			snprintf(name, size, "%s", types[i].name);
			return;
		}
	}
	snprintf(name, size, "0x%x", type);
}

DFLRES_API int dflres_type_find(const char *name, unsigned int *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!strcmp(types[i].name, name)) {
			*type = types[i].type;
			return 0;
		}
	}
	return -ENOENT;
}

/* The ids that the public registry of DFL feature ids or the kernel's headers explain. */
static const struct {
	unsigned int type, id;
	const char *name;
} ids[] = {
	{ DFLRES_TYPE_FME, 0x1, "thermal" },
	{ DFLRES_TYPE_FME, 0x2, "power" },
	{ DFLRES_TYPE_FME, 0x3, "iperf" },
	{ DFLRES_TYPE_FME, 0x4, "errors" },
	{ DFLRES_TYPE_FME, 0x5, "pr" },
	{ DFLRES_TYPE_FME, 0x6, "hssi-legacy" },
	{ DFLRES_TYPE_FME, 0x7, "dperf" },
	{ DFLRES_TYPE_FME, 0x8, "qspi" },
	{ DFLRES_TYPE_FME, 0x9, "emif" },
	{ DFLRES_TYPE_FME, 0xa, "dfl-hssi" },
	{ DFLRES_TYPE_FME, 0xd, "n3000-nios" },
	{ DFLRES_TYPE_FME, 0xe, "spi-altera" },
	{ DFLRES_TYPE_FME, 0xf, "mac-rom" },
	{ DFLRES_TYPE_FME, 0x10, "eth-group" },
	{ DFLRES_TYPE_FME, 0x11, "tcm" },
	{ DFLRES_TYPE_FME, 0x12, "pmci" },
	{ DFLRES_TYPE_FME, 0x13, "qsfp" },
	{ DFLRES_TYPE_FME, 0x14, "st2mm" },
	{ DFLRES_TYPE_FME, 0x15, "hssi" },
	{ DFLRES_TYPE_FME, 0x1f, "n5010-hssi" },
	{ DFLRES_TYPE_FME, 0x20, "pcie" },
	{ DFLRES_TYPE_FME, 0x21, "n5010-mac" },
	{ DFLRES_TYPE_FME, 0x22, "tod" },
	{ DFLRES_TYPE_FME, 0x23, "guid" },
	{ DFLRES_TYPE_FME, 0x24, "uart" },
	{ DFLRES_TYPE_PORT, 0x10, "errors" },
	{ DFLRES_TYPE_PORT, 0x11, "umsg" },
	{ DFLRES_TYPE_PORT, 0x12, "uint" },
	{ DFLRES_TYPE_PORT, 0x13, "stp" },
	{ DFLRES_TYPE_PORT, 0x14, "iopll" },
	{ DFLRES_TYPE_PORT, 0xff, "afu" },
};

#define COUNT (sizeof(ids) / sizeof(*ids))

DFLRES_API const char *dflres_id_name(unsigned int type, unsigned int id)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (ids[i].type == type && ids[i].id == id)
			return ids[i].name;
	}
	return NULL;
}

DFLRES_API int dflres_id_find(unsigned int type, const char *name,
			      unsigned int *id)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (ids[i].type == type && !strcmp(ids[i].name, name)) {
			*id = ids[i].id;
			return 0;
		}
	}
	return -ENOENT;
}
