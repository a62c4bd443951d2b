// Plans out of their text.
#import "Plan.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void bad_line(NSArray *words) {
  fprintf(stderr, "player: this is no line of a plan: %s\n",
          [[words componentsJoinedByString:@" "] UTF8String]);
  exit(2);
}

static NSString *unescaped(NSString *word) {
  NSMutableString *text = [NSMutableString string];
  for (NSUInteger i = 0; i < [word length]; i++) {
    unichar c = [word characterAtIndex:i];
    if (c == '\\' && i + 1 < [word length]) {
      c = [word characterAtIndex:++i];
      c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
    }
    [text appendFormat:@"%C", c];
  }
  return text;
}

@implementation PlanValues

- (instancetype)initWithWords:(NSArray *)words {
  self = [super init];
  NSMutableDictionary *values = [[NSMutableDictionary alloc] init];
  for (NSString *word in words) {
    NSRange equals = [word rangeOfString:@"="];
    if (equals.location == NSNotFound)
      bad_line(words);
    [values setObject:[word substringFromIndex:equals.location + 1]
               forKey:[word substringToIndex:equals.location]];
  }
  _values = values;
  return self;
}

- (NSString *)text:(NSString *)name {
  return [_values objectForKey:name];
}

- (int64_t)number:(NSString *)name or:(int64_t)otherwise {
  NSString *text = [self text:name];
  return text == nil ? otherwise : strtoll([text UTF8String], NULL, 10);
}

- (double)real:(NSString *)name {
  NSString *text = [self text:name];
  return text == nil ? 0 : strtod([text UTF8String], NULL);
}

- (NSTimeInterval)seconds:(NSString *)name {
  return (NSTimeInterval)[self number:name or:0] / 1e9;
}

- (NSArray *)names {
  return [_values allKeys];
}

@end

@implementation PlanStep
@end
@implementation PlanHook
@end
@implementation PlanNode
@end
@implementation PlanWatch
@end

static NSArray *words_from(NSArray *words, NSUInteger index) {
  if ([words count] < index)
    bad_line(words);
  return [words subarrayWithRange:NSMakeRange(index, [words count] - index)];
}

// INDEX ACTOR VERB NAME=VALUE …
static PlanStep *step_of(NSArray *words) {
  PlanStep *step = POOLED([[PlanStep alloc] init]);
  NSArray *values = words_from(words, 3);
  step->_index = [[words objectAtIndex:0] longLongValue];
  step->_actor = [[words objectAtIndex:1] copy];
  step->_verb = [[words objectAtIndex:2] copy];
  step->_values = [[PlanValues alloc] initWithWords:values];
  return step;
}

static PlanNode *node_of(NSArray *words) {
  PlanNode *node = POOLED([[PlanNode alloc] init]);
  node->_name = [[words objectAtIndex:1] copy];
  node->_values = [[PlanValues alloc] initWithWords:words_from(words, 2)];
  return node;
}

// on CLIENT EVENT FIELD=VALUE … then STEP
static PlanHook *hook_of(NSArray *words) {
  NSUInteger then = [words indexOfObject:@"then"];
  if (then == NSNotFound || then < 3)
    bad_line(words);
  PlanHook *hook = POOLED([[PlanHook alloc] init]);
  hook->_client = [[words objectAtIndex:1] copy];
  hook->_event = [[words objectAtIndex:2] copy];
  hook->_fields =
      [[PlanValues alloc] initWithWords:[words subarrayWithRange:NSMakeRange(3, then - 3)]];
  hook->_step = step_of(words_from(words, then + 1));
  return hook;
}

static PlanWatch *watch_of(NSArray *words) {
  if ([words count] != 4)
    bad_line(words);
  PlanWatch *watch = POOLED([[PlanWatch alloc] init]);
  watch->_edge = [[words objectAtIndex:1] copy];
  watch->_channel = [[words objectAtIndex:2] copy];
  watch->_uid = (NSUInteger)[[words objectAtIndex:3] longLongValue];
  return watch;
}

@implementation Plan

- (void)takeLine:(NSArray *)words {
  NSString *kind = [words objectAtIndex:0];
  if ([words count] < 2)
    bad_line(words);
  NSString *first = [words objectAtIndex:1];
  if ([kind isEqualToString:@"world"]) {
    _simulated = [first isEqualToString:@"sim"];
  } else if ([kind isEqualToString:@"seed"]) {
    _seed = strtoull([first UTF8String], NULL, 10);
  } else if ([kind isEqualToString:@"wall"]) {
    _wall = [first longLongValue];
  } else if ([kind isEqualToString:@"end"]) {
    _end = [first longLongValue];
  } else if ([kind isEqualToString:@"edge"]) {
    [_edges addObject:node_of(words)];
  } else if ([kind isEqualToString:@"client"]) {
    [_clients addObject:node_of(words)];
  } else if ([kind isEqualToString:@"watch"]) {
    [_watches addObject:watch_of(words)];
  } else if ([kind isEqualToString:@"on"]) {
    [_hooks addObject:hook_of(words)];
  } else if ([kind isEqualToString:@"at"]) {
    PlanStep *step = step_of(words_from(words, 2));
    step->_at = [first longLongValue];
    [_steps addObject:step];
  } else {
    bad_line(words);
  }
}

- (instancetype)initWithText:(NSString *)text {
  self = [super init];
  _edges = [[NSMutableArray alloc] init];
  _clients = [[NSMutableArray alloc] init];
  _hooks = [[NSMutableArray alloc] init];
  _watches = [[NSMutableArray alloc] init];
  _steps = [[NSMutableArray alloc] init];
  for (NSString *line in [text componentsSeparatedByString:@"\n"]) {
    NSMutableArray *words = [NSMutableArray array];
    for (NSString *word in [line componentsSeparatedByString:@"\t"])
      [words addObject:unescaped(word)];
    if ([line length] > 0)
      [self takeLine:words];
  }
  return self;
}

@end
