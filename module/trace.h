/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints. Their names are global symbols, hence the prefix. Each tells the
 * feature's number on the bus (N of dfl_dev.N), the type of its FIU (0 FME, 1 port)
 * and its id.
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM dflres

#if !defined(DFLRES_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DFLRES_TRACE_H

#include <linux/dfl.h>
#include <linux/tracepoint.h>
#include <linux/uidgid.h>

#include "dflres.h"

TRACE_DEFINE_ENUM(DFLRES_DEVICE_GONE);
TRACE_DEFINE_ENUM(DFLRES_RELEASED);
TRACE_DEFINE_ENUM(DFLRES_RELEASED_TO_KERNEL);
TRACE_DEFINE_ENUM(DFLRES_LEASE_ENDED);

/* Each event begins with the feature, from the argument @ddev */
#define DFLRES_ENTRY(fields)						\
	TP_STRUCT__entry(__field(int, dev)				\
			 __field(u16, type)				\
			 __field(u16, feature_id)			\
			 fields)
#define DFLRES_ASSIGN(assignments)					\
	TP_fast_assign(__entry->dev = ddev->id;				\
		       __entry->type = ddev->type;			\
		       __entry->feature_id = ddev->feature_id;		\
		       assignments)
#define DFLRES_PRINTK(format, values...)				\
	TP_printk("dfl_dev.%d type=%u id=0x%x " format, __entry->dev,	\
		  __entry->type, __entry->feature_id, values)

/* A feature has been claimed, by the current process */
TRACE_EVENT(dflres_claim,
	    TP_PROTO(const struct dfl_device *ddev, kuid_t uid, bool lease),
	    TP_ARGS(ddev, uid, lease),
	    DFLRES_ENTRY(__field(uid_t, uid)
			 __field(bool, lease)),
	    DFLRES_ASSIGN(__entry->uid = from_kuid(&init_user_ns, uid);
			  __entry->lease = lease;),
	    DFLRES_PRINTK("uid=%u lease=%d", __entry->uid, __entry->lease)
);

/* A claim has ended: nothing reaches the registers through it any more */
TRACE_EVENT(dflres_release,
	    TP_PROTO(const struct dfl_device *ddev, enum dflres_reason reason),
	    TP_ARGS(ddev, reason),
	    DFLRES_ENTRY(__field(int, reason)),
	    DFLRES_ASSIGN(__entry->reason = reason;),
	    DFLRES_PRINTK("reason=%s",
			  __print_symbolic(__entry->reason,
					   { DFLRES_DEVICE_GONE, "device_gone" },
					   { DFLRES_RELEASED, "released" },
					   { DFLRES_RELEASED_TO_KERNEL,
					     "released_to_kernel" },
					   { DFLRES_LEASE_ENDED, "lease_ended" }))
);

/* Interrupt @irq of a claimed feature has come, the @count-th since the claim */
TRACE_EVENT(dflres_irq,
	    TP_PROTO(const struct dfl_device *ddev, unsigned int irq, u64 count),
	    TP_ARGS(ddev, irq, count),
	    DFLRES_ENTRY(__field(unsigned int, irq)
			 __field(u64, count)),
	    DFLRES_ASSIGN(__entry->irq = irq;
			  __entry->count = count;),
	    DFLRES_PRINTK("irq=%u count=%llu", __entry->irq, __entry->count)
);

/* The current process has touched page @page of the registers for the first time */
TRACE_EVENT(dflres_fault,
	    TP_PROTO(const struct dfl_device *ddev, unsigned long address,
		     unsigned long page),
	    TP_ARGS(ddev, address, page),
	    DFLRES_ENTRY(__field(unsigned long, address)
			 __field(unsigned long, page)),
	    DFLRES_ASSIGN(__entry->address = address;
			  __entry->page = page;),
	    DFLRES_PRINTK("address=0x%lx page=%lu", __entry->address,
			  __entry->page)
);

/* A write to `owner` or `lease`, which @uid had opened, has been refused */
TRACE_EVENT(dflres_denied,
	    TP_PROTO(const struct dfl_device *ddev, kuid_t uid, int error),
	    TP_ARGS(ddev, uid, error),
	    DFLRES_ENTRY(__field(uid_t, uid)
			 __field(int, error)),
	    DFLRES_ASSIGN(__entry->uid = from_kuid(&init_user_ns, uid);
			  __entry->error = error;),
	    DFLRES_PRINTK("uid=%u error=%d", __entry->uid, __entry->error)
);

#endif /* DFLRES_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
