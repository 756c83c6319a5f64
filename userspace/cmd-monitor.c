// SPDX-License-Identifier: GPL-2.0
/* dflres monitor: changes of the owner, and interrupts, as they happen. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool.h"

/* One feature that is looked at. */
struct monitored {
	struct dflres_feature *feature;
	struct dflres_watch *watch;	/* NULL: it is gone */
	struct dflres_claim *claim;	/* NULL: none that this user may use */
	struct dflres_irq **irqs;	/* of the claim; some may be NULL */
	unsigned int num_irqs;
};

struct monitor {
	const struct options *options;
	struct monitored *features;
	size_t count;
};

/* ---- what is printed ---- */

static json_object *new_event(const struct monitored *monitored,
			      const char *event)
{
	json_object *object = json_object_new_object();
	struct timespec time;
	char stamp[64];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &time);
	localtime_r(&time.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%FT%T", &tm);
	snprintf(stamp + strlen(stamp), sizeof(stamp) - strlen(stamp),
		 ".%03d", (int)(time.tv_nsec / 1000000));
	json_add(object, "time", json_object_new_string(stamp));
	json_add(object, "feature", json_object_new_string(
			dflres_feature_name(monitored->feature)));
	json_add(object, "event", json_object_new_string(event));
	return object;
}

/* The members of the event in one line of text, without their names. */
static void put_event(const struct monitor *monitor, json_object *object,
		      const struct field *fields, size_t count)
{
	if (monitor->options->given & TAKES_JSON)
		print_json_line(object);
	else
		print_line(object, fields, count);
	json_object_put(object);
}

static void put_owner(const struct monitor *monitor,
		      const struct monitored *monitored,
		      enum dflres_owner owner)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
		{ "", "owner", FORMAT_OWNER },
		{ "", NULL, FORMAT_BY },
	};
	json_object *object = new_event(monitored, "owner");
	struct who who;

	find_who(monitored->feature, &who);
	/* it may have changed again, which is the next event */
	if (who.owner != owner)
		who = (struct who){ .owner = owner };
	describe_who(object, &who);
	put_event(monitor, object, fields, ARRAY_SIZE(fields));
}

static void put_irq(const struct monitor *monitor,
		    const struct monitored *monitored, unsigned int irq,
		    uint64_t count)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
		{ "", "irq", FORMAT_PLAIN },
		{ "", "count", FORMAT_PLAIN },
	};
	json_object *object = new_event(monitored, "interrupt");

	json_add(object, "irq", json_object_new_int64(irq));
	json_add(object, "count", json_object_new_uint64(count));
	put_event(monitor, object, fields, ARRAY_SIZE(fields));
}

static void put_gone(const struct monitor *monitor,
		     const struct monitored *monitored)
{
	static const struct field fields[] = {
		{ "", "time", FORMAT_PLAIN },
		{ "", "feature", FORMAT_PLAIN },
		{ "", "event", FORMAT_PLAIN },
	};

	put_event(monitor, new_event(monitored, "gone"), fields,
		  ARRAY_SIZE(fields));
}

/* ---- what is looked at ---- */

static void forget_claim(struct monitored *monitored)
{
	for (unsigned int i = 0; i < monitored->num_irqs; i++)
		dflres_irq_close(monitored->irqs[i]);
	free(monitored->irqs);
	dflres_claim_close(monitored->claim);
	monitored->irqs = NULL;
	monitored->num_irqs = 0;
	monitored->claim = NULL;
}

/* The interrupts of a claim, if this user may see them. */
static void look_at_claim(struct monitored *monitored)
{
	unsigned int num_irqs;

	forget_claim(monitored);
	if (dflres_claim_attach(&monitored->claim, monitored->feature))
		return;
	if (dflres_feature_num_irqs(monitored->feature, &num_irqs) || !num_irqs)
		return;
	monitored->irqs = calloc(num_irqs, sizeof(struct dflres_irq *));
	if (!monitored->irqs)
		return;
	monitored->num_irqs = num_irqs;
	for (unsigned int i = 0; i < num_irqs; i++)
		dflres_irq_open(&monitored->irqs[i], monitored->claim, i,
				DFLRES_IRQ_WATCH);
}

static void forget(struct monitored *monitored)
{
	forget_claim(monitored);
	dflres_watch_close(monitored->watch);
	monitored->watch = NULL;
}

static enum exit_status look_at(struct monitor *monitor,
				struct dflres_feature *feature)
{
	struct monitored *monitored = &monitor->features[monitor->count];
	enum dflres_owner owner;
	int error;

	memset(monitored, 0, sizeof(*monitored));
	monitored->feature = feature;
	monitor->count++;
	error = dflres_watch_open(&monitored->watch, feature);
	if (!error)
		error = dflres_watch_read(monitored->watch, &owner);
	if (error)
		return explain(OPERATION_WATCH, feature, error);
	if (owner == DFLRES_OWNER_USER)
		look_at_claim(monitored);
	put_owner(monitor, monitored, owner);
	return STATUS_OK;
}

static enum exit_status look_at_named(struct monitor *monitor, int count,
				      char **operands)
{
	monitor->features = calloc((size_t)count, sizeof(*monitor->features));
	if (!monitor->features)
		return explain_memory();
	for (int i = 0; i < count; i++) {
		struct dflres_feature *feature;
		enum exit_status status;

		status = select_feature(&feature, operands[i]);
		if (!status)
			status = look_at(monitor, feature);
		if (status)
			return status;
	}
	return STATUS_OK;
}

static enum exit_status look_at_all(struct monitor *monitor)
{
	enum exit_status status = STATUS_OK;
	struct dflres_list *list;
	size_t count;
	int error;

	error = dflres_list_new(&list);
	if (error)
		return explain_list(error);
	count = dflres_list_count(list);
	monitor->features = calloc(count + 1, sizeof(*monitor->features));
	if (!monitor->features)
		status = explain_memory();
	for (size_t i = 0; i < count && !status; i++) {
		struct dflres_feature *feature;

		/* a feature that went away meanwhile is not there */
		if (!dflres_list_open(list, i, &feature))
			status = look_at(monitor, feature);
	}
	dflres_list_free(list);
	return status;
}

/* ---- waiting ---- */

static void handle_owner(struct monitor *monitor, struct monitored *monitored)
{
	enum dflres_owner owner;
	int error;

	error = dflres_watch_read(monitored->watch, &owner);
	if (error) {
		put_gone(monitor, monitored);
		forget(monitored);
		return;
	}
	/* also if it was claimed before: this is another claim */
	if (owner == DFLRES_OWNER_USER)
		look_at_claim(monitored);
	else
		forget_claim(monitored);
	put_owner(monitor, monitored, owner);
}

static void handle_irqs(struct monitor *monitor, struct monitored *monitored)
{
	for (unsigned int i = 0; i < monitored->num_irqs; i++) {
		uint64_t count;

		if (!monitored->irqs[i])
			continue;
		if (dflres_irq_take(monitored->irqs[i], &count)) {
			/* the claim has ended: the owner tells */
			dflres_irq_close(monitored->irqs[i]);
			monitored->irqs[i] = NULL;
		} else if (count) {
			put_irq(monitor, monitored, i, count);
		}
	}
}

/* Make the descriptors to poll of all that is looked at; return their number. */
static size_t collect(const struct monitor *monitor, struct pollfd *fds)
{
	size_t number = 0;

	for (size_t i = 0; i < monitor->count; i++) {
		const struct monitored *monitored = &monitor->features[i];

		if (!monitored->watch)
			continue;
		fds[number++] = (struct pollfd){
			.fd = dflres_watch_fd(monitored->watch),
			.events = POLLPRI,
		};
		for (unsigned int j = 0; j < monitored->num_irqs; j++) {
			if (!monitored->irqs[j])
				continue;
			fds[number++] = (struct pollfd){
				.fd = dflres_irq_fd(monitored->irqs[j]),
				.events = dflres_irq_events(monitored->irqs[j]),
			};
		}
	}
	return number;
}

static size_t most_descriptors(const struct monitor *monitor)
{
	size_t most = monitor->count;

	for (size_t i = 0; i < monitor->count; i++)
		most += monitor->features[i].num_irqs;
	return most;
}

/* Interrupts of a claim come before its end. */
static void handle_ready(struct monitor *monitor, const struct pollfd *fds,
			 size_t number)
{
	for (size_t i = 0; i < monitor->count; i++) {
		struct monitored *monitored = &monitor->features[i];

		if (!monitored->watch)
			continue;
		handle_irqs(monitor, monitored);
		for (size_t j = 0; j < number; j++) {
			if (fds[j].revents && monitored->watch &&
			    fds[j].fd == dflres_watch_fd(monitored->watch)) {
				handle_owner(monitor, monitored);
				break;
			}
		}
	}
}

/* Return: -ETIMEDOUT; 0 if nothing is left to look at; another -errno. */
static int wait_once(struct monitor *monitor, int64_t deadline)
{
	struct pollfd *fds;
	size_t number;
	int ready, left = -1;

	fds = calloc(most_descriptors(monitor) + 1, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	number = collect(monitor, fds);
	if (!number) {
		free(fds);
		return 0;
	}
	if (deadline >= 0)
		left = deadline > clock_now() ? (int)(deadline - clock_now()) : 0;
	ready = poll(fds, number, left);
	if (ready > 0)
		handle_ready(monitor, fds, number);
	free(fds);
	if (ready < 0)
		return -errno;
	return ready ? 1 : -ETIMEDOUT;
}

static enum exit_status watch(struct monitor *monitor)
{
	const struct options *options = monitor->options;
	int64_t deadline = -1;
	int result = 1;

	if (options->given & TAKES_TIMEOUT)
		deadline = clock_now() + options->timeout;
	/* what is written nobody may be reading any more */
	while (result > 0 && !ferror(stdout))
		result = wait_once(monitor, deadline);
	if (result >= 0 || result == -ETIMEDOUT)
		return STATUS_OK;
	complain("cannot wait for changes: %s.", strerror(-result));
	return STATUS_FAILURE;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct monitor monitor = { .options = options };
	enum exit_status status;

	if (count)
		status = look_at_named(&monitor, count, operands);
	else
		status = look_at_all(&monitor);
	if (!status)
		status = watch(&monitor);
	for (size_t i = 0; i < monitor.count; i++) {
		forget(&monitor.features[i]);
		dflres_feature_close(monitor.features[i].feature);
	}
	free(monitor.features);
	return status;
}

const struct command command_monitor = {
	.name = "monitor",
	.operands = "[FEATURE]...",
	.max_operands = -1,
	.takes = TAKES_JSON | TAKES_TIMEOUT,
	.summary = "show changes of the owner, and interrupts, as they happen",
	.help = "It begins with the owners as they are, and ends when all the features are gone.\nWithout a FEATURE it shows all that there are at its start. Interrupts are shown\nof features that this user has claimed. With --json each event is one line.",
	.run = run,
};
