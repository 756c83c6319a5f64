// SPDX-License-Identifier: GPL-2.0
/* Events of features, one on each line. */
#include <config.h>

#include "tool.h"

static json_object *new_event(const struct dflres_feature *feature,
			      const char *event)
{
	json_object *object = json_object_new_object();

	json_add(object, "time", json_time());
	json_add(object, "feature",
		 json_object_new_string(dflres_feature_name(feature)));
	json_add(object, "event", json_object_new_string(event));
	return object;
}

/* The members of the event in one line of text, without their names. */
static void put_event(const struct options *options, json_object *object,
		      const struct field *fields, size_t count)
{
	if (options->given & TAKES_JSON)
		print_json_line(object);
	else
		print_line(object, fields, count);
	json_object_put(object);
}

void event_owner(const struct options *options,
		 const struct dflres_feature *feature, const char *event,
		 enum dflres_owner owner)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
		{ "", "owner", FORMAT_OWNER },
		{ "", NULL, FORMAT_BY },
	};
	json_object *object = new_event(feature, event);

	/* if it has changed again, that is the next event */
	describe_owner(object, feature, owner);
	put_event(options, object, fields, ARRAY_SIZE(fields));
}

void event_irq(const struct options *options,
	       const struct dflres_feature *feature, unsigned int irq,
	       uint64_t count)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
		{ "", "irq", FORMAT_PLAIN },
		{ "", "count", FORMAT_PLAIN },
	};
	json_object *object = new_event(feature, "interrupt");

	json_add(object, "irq", json_object_new_int64(irq));
	json_add(object, "count", json_object_new_uint64(count));
	put_event(options, object, fields, ARRAY_SIZE(fields));
}

void event_gone(const struct options *options,
		const struct dflres_feature *feature)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
	};

	put_event(options, new_event(feature, "gone"), fields,
		  ARRAY_SIZE(fields));
}
