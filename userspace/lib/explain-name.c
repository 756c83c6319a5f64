// SPDX-License-Identifier: LGPL-2.1-or-later
/* One sentence: why a name leads to no feature, or to none that this process can use. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Counts the features that match a selector with ":any". */
struct count {
	unsigned int busy, not_given, unsafe;
};

/* A feature without a @refusal now was refused with @error a moment ago. */
static void count_one(struct count *count, int refusal, int error)
{
	switch (refusal ? refusal : error) {
	case -EROFS:
	case -EACCES:
	case -EPERM:
		count->not_given++;
		break;
	case -ENXIO:
		count->unsafe++;
		break;
	case -ENODEV:
	case -ENOENT:
		break;
	default:
		count->busy++;
	}
}

static struct count count_matches(const struct dflres_selector *selector,
				  int error)
{
	struct count count = { 0 };
	struct dflres_list *list;

	if (dflres_selector_list(selector, &list))
		return count;
	for (size_t i = 0; i < dflres_list_count(list); i++) {
		struct dflres_feature *feature;

		if (dflres_list_open(&feature, list, i))
			continue;
		count_one(&count, dflres_would_refuse(feature), error);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	return count;
}

static int explain_any(const char *name,
		       const struct dflres_selector *selector, int error,
		       char *text, size_t size)
{
	const struct count count = count_matches(selector, error);
	char unsafe[48] = "";

	if (count.unsafe)
		snprintf(unsafe, sizeof(unsafe),
			 ", not safe to hand out: %u", count.unsafe);
	return snprintf(text, size,
			"cannot claim '%s' (busy: %u, not given to this process: %u%s); %s.",
			name, count.busy, count.not_given, unsafe, count.busy ?
			"wait with --timeout, or see dflres list" :
			"ask root to set the group and mode of their files, or see dflres list");
}

/* Whether the digits of a decimal id, read as hexadecimal, match a feature. */
static bool is_hexadecimal(const struct dflres_selector *selector, int *id)
{
	struct dflres_selector meant = *selector;
	struct dflres_feature *feature;
	char digits[16];

	if (!selector->decimal)
		return false;
	snprintf(digits, sizeof(digits), "%d", selector->id);
	meant.id = (int)strtol(digits, NULL, 16);
	meant.any = false;
	if (dflres_select_parsed(&feature, &meant))
		return false;
	dflres_feature_close(feature);
	*id = meant.id;
	return true;
}

static int explain_none(const char *name, char *text, size_t size)
{
	struct dflres_selector selector;
	int id;

	if (dflres_is_selector(name) &&
	    !dflres_selector_parse(name, &selector) &&
	    is_hexadecimal(&selector, &id))
		return snprintf(text, size,
				"there is no feature '%s' with the id 0x%x, but one with the id 0x%x: a hexadecimal id begins with 0x.",
				name, (unsigned int)selector.id,
				(unsigned int)id);
	return snprintf(text, size,
			"there is no feature '%s'; dflres list shows all features.",
			name);
}

static int explain_unopened(const char *name, int error, char *text,
			    size_t size)
{
	char reason[64];

	switch (error) {
	case -EINVAL:
		return snprintf(text, size,
				"'%s' is not the name of a feature: use dfl_dev.N or [CARD/]TYPE:ID[:INSTANCE|:any], such as 3b:00.0/fme:0x10 or fme:emif.",
				name);
	case -ENODEV:
	case -ENOTDIR:
		return explain_none(name, text, size);
	case -ENOENT:
		return snprintf(text, size,
				"cannot claim '%s': the dflres module is not loaded; load it with modprobe dflres.",
				name);
	case -EXDEV:
		return snprintf(text, size,
				"'%s' is a feature's directory dflres, mounted elsewhere; name the feature: dfl_dev.N or TYPE:ID.",
				name);
	default:
		return snprintf(text, size, "cannot open the feature '%s': %s.",
				name, strerror_r(-error, reason,
						 sizeof(reason)));
	}
}

DFLRES_API int dflres_explain_name(const char *name,
				   enum dflres_operation operation, int error,
				   char *text, size_t size)
{
	struct dflres_selector selector = { .any = false };
	struct dflres_feature *feature;
	int length;

	if (error == -EEXIST)
		return snprintf(text, size,
				"the feature '%s' is named twice; name each once, or use :any for another of the same type and id.",
				name);
	if (dflres_is_selector(name) &&
	    !dflres_selector_parse(name, &selector) && selector.any &&
	    error != -ENODEV && error != -ENOENT && (dflres_is_passed_over(error) ||
				 error == -ETIMEDOUT))
		return explain_any(name, &selector, error, text, size);
	if (operation == DFLRES_OPERATION_OPEN || selector.any ||
	    dflres_select(&feature, name))
		return explain_unopened(name, error, text, size);
	length = dflres_explain(feature, operation, error, text, size);
	dflres_feature_close(feature);
	return length;
}
