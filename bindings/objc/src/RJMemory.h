// One source for automatic reference counting and for retain and release by hand.
#import <RejoinKit/RJBase.h>

#if __has_feature(objc_arc)
#define RJ_ARC                 1
#define RJ_RETAIN(object)      (object)
#define RJ_RELEASE(object)     ((void)(object))
#define RJ_AUTORELEASE(object) (object)
#define RJ_SUPER_DEALLOC       ((void)0)
// An object for C to keep, and back: each taken once.
#define RJ_GIVE(object)         ((__bridge_retained void *)(object))
#define RJ_TAKE(type, pointer)  ((__bridge_transfer type)(pointer))
#define RJ_LOOK(type, pointer)  ((__bridge type)(pointer))
#define RJ_COPY_BLOCK(block)    [(block) copy]
#define RJ_RELEASE_BLOCK(block) ((void)(block))
#else
#define RJ_ARC                  0
#define RJ_RETAIN(object)       [(object) retain]
#define RJ_RELEASE(object)      [(object) release]
#define RJ_AUTORELEASE(object)  [(object) autorelease]
#define RJ_SUPER_DEALLOC        [super dealloc]
#define RJ_GIVE(object)         ((void *)[(object) retain])
#define RJ_TAKE(type, pointer)  ((type)[(id)(pointer)autorelease])
#define RJ_LOOK(type, pointer)  ((type)(pointer))
#define RJ_COPY_BLOCK(block)    Block_copy(block) // where the runtime has no objects for blocks
#define RJ_RELEASE_BLOCK(block) Block_release(block)
#endif

#define RJ_RETURN_RETAINED(object) return RJ_AUTORELEASE(RJ_RETAIN(object))

// On a method: what it answers belongs to the object, so ARC keeps that while it is used.
#if __has_attribute(objc_returns_inner_pointer)
#define RJ_INNER_POINTER __attribute__((objc_returns_inner_pointer))
#else
#define RJ_INNER_POINTER
#endif

// A variable whose object ARC lets go at the end of the scope, and not before: outside the lock.
#if RJ_ARC
#define RJ_UNTIL_END __attribute__((objc_precise_lifetime))
#else
#define RJ_UNTIL_END
#endif

// For classes that only the library makes, or only with arguments: who calls init all the same gets
// nil.
#define RJ_NO_INIT                                                                                 \
  -(instancetype)init {                                                                            \
    RJ_RELEASE(self);                                                                              \
    return nil;                                                                                    \
  }

// Not to be left by return.
#ifdef __clang__
#define RJ_POOL_BEGIN @autoreleasepool {
#define RJ_POOL_END   }
#else
#define RJ_POOL_BEGIN                                                                              \
  {                                                                                                \
    NSAutoreleasePool *rj_pool = [[NSAutoreleasePool alloc] init];
#define RJ_POOL_END                                                                                \
  [rj_pool drain];                                                                                 \
  }
#endif
