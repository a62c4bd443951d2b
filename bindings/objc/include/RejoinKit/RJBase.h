// What differs between compilers: nullability, generics, Swift's names, weak references, dispatch
// queues.
//
// Apple's clang has all of them. Debian's clang has no ARC for GNUstep, and gcc neither that nor
// nullability nor generics; there these macros are empty or mean what is nearest.
#import <Foundation/Foundation.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#ifndef __has_attribute
#define __has_attribute(attribute) 0
#endif

// `NSString *RJ_OR_NIL text`: nil is a value of it. Without it, it is not.
#if __has_feature(nullability)
#define RJ_OR_NIL              _Nullable
#define RJ_OR_NULL             _Nullable
#define RJ_NOTHING_NIL_BEGIN   _Pragma("clang assume_nonnull begin")
#define RJ_NOTHING_NIL_END     _Pragma("clang assume_nonnull end")
#define RJ_ERROR_OUT           NSError *_Nullable *_Nullable
#define RJ_INSTANCETYPE_OR_NIL instancetype _Nullable
#else
#define RJ_OR_NIL
#define RJ_OR_NULL
#define RJ_NOTHING_NIL_BEGIN
#define RJ_NOTHING_NIL_END
#define RJ_ERROR_OUT           NSError **
#define RJ_INSTANCETYPE_OR_NIL instancetype
#endif

// `RJ_ARRAY_OF(NSString *) *names`
#if __has_feature(objc_generics)
#define RJ_ARRAY_OF(type)           NSArray<type>
#define RJ_DICTIONARY_OF(key, type) NSDictionary<key, type>
#else
#define RJ_ARRAY_OF(type)           NSArray
#define RJ_DICTIONARY_OF(key, type) NSDictionary
#endif

// The name of something in Swift.
#ifdef NS_SWIFT_NAME
#define RJ_SWIFT_NAME(name) NS_SWIFT_NAME(name)
#else
#define RJ_SWIFT_NAME(name)
#endif

// The attribute of a property that does not keep its object: zeroing under ARC, else not.
#if __has_feature(objc_arc)
#define RJ_WEAK     weak
#define RJ_WEAK_VAR __weak
#else
#define RJ_WEAK assign
#define RJ_WEAK_VAR
#endif

// What is there only so that nobody calls it.
#ifndef NS_UNAVAILABLE
#define NS_UNAVAILABLE __attribute__((unavailable))
#endif

// Numbers that may get new values; Swift sees the unknown ones, too.
#define RJ_NUMBERS(name) NS_ENUM(NSInteger, name)

// Whether delegates can hear on a dispatch queue: on Apple's systems, and where the library was
// built with libdispatch.
#ifndef RJ_HAS_DISPATCH
#ifdef __APPLE__
#define RJ_HAS_DISPATCH 1
#else
#define RJ_HAS_DISPATCH 0
#endif
#endif
#if RJ_HAS_DISPATCH
#import <dispatch/dispatch.h>
#if OS_OBJECT_USE_OBJC
#define RJ_QUEUE_KEPT strong
#else
#define RJ_QUEUE_KEPT assign // its accessors keep it
#endif
#endif

// Whether delegates can hear on a run loop of any thread: with GNUstep.
#ifdef GNUSTEP
#define RJ_HAS_RUN_LOOPS 1
#else
#define RJ_HAS_RUN_LOOPS 0
#endif
