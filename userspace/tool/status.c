// SPDX-License-Identifier: GPL-2.0
/* The library's sentences on standard error, and the exit status. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "tool.h"

static enum exit_status status_of(enum dflres_operation operation, int error)
{
	switch (error) {
	case -EBUSY:
	case -EAGAIN:
		return STATUS_BUSY;
	case -ETIMEDOUT:
		return STATUS_TIMEOUT;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return STATUS_REFUSED;
	case -ENODEV:
		/* the claim has ended; the feature may be there */
		return operation == DFLRES_OPERATION_ACCESS ||
		       operation == DFLRES_OPERATION_IRQ ?
		       STATUS_FAILURE : STATUS_NOT_FOUND;
	default:
		return STATUS_FAILURE;
	}
}

enum exit_status explain(enum dflres_operation operation,
			 const struct dflres_feature *feature, int error)
{
	char sentence[DFLRES_SENTENCE_MAX];

	dflres_explain(feature, operation, error, sentence, sizeof(sentence));
	complain("%s", sentence);
	return status_of(operation, error);
}

static bool has_bus(void)
{
	struct dflres_list *list;
	int error;

	error = dflres_list_new(&list);
	if (!error)
		dflres_list_free(list);
	return error != -ENOENT;
}

enum exit_status explain_name(enum dflres_operation operation, const char *name,
			      int error)
{
	char sentence[DFLRES_SENTENCE_MAX];

	/* whatever the name is: this comes first */
	if (error == -ENODEV && !has_bus())
		return explain_list(-ENOENT);
	dflres_explain_name(name, operation, error, sentence, sizeof(sentence));
	complain("%s", sentence);
	switch (error) {
	case -EINVAL:
	case -EEXIST:
		return STATUS_USAGE;
	case -ENOTDIR:
	case -EXDEV:
		return STATUS_NOT_FOUND;
	default:
		return status_of(operation, error);
	}
}

enum exit_status explain_list(int error)
{
	if (error == -ENOENT) {
		complain("there is no DFL bus (/sys/bus/dfl); load the card's driver with modprobe dfl-pci, on a kernel with CONFIG_FPGA_DFL.");
		return STATUS_NOT_FOUND;
	}
	complain("cannot list the features: %s.", strerror(-error));
	return STATUS_FAILURE;
}

enum exit_status status_of_file(int error)
{
	switch (error) {
	case -ENOENT:
		return STATUS_NOT_FOUND;
	case -EACCES:
		return STATUS_REFUSED;
	default:
		return STATUS_FAILURE;
	}
}

enum exit_status explain_file(const char *name, int error)
{
	complain("cannot read %s: %s.", name, strerror(-error));
	return status_of_file(error);
}

enum exit_status explain_memory(void)
{
	complain("there is not enough memory.");
	return STATUS_FAILURE;
}
