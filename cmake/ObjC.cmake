# Objective-C: Apple's, or GNUstep over gcc's runtime, with whichever compiler builds the C. Sets RJ_OBJC_READY, and makes the
# targets rj_foundation (what code over Foundation needs) and, where they are found, rj_blocks (blocks and dispatch queues).
option(RJ_OBJC "Build the Objective-C binding where its compiler and Foundation are found" ON)
set(RJ_OBJC_READY OFF)
if(NOT RJ_OBJC OR SKBUILD)
  return()
endif()

if(APPLE)
  enable_language(OBJC)
  set(CMAKE_OBJC_STANDARD 11)
  add_library(rj_foundation INTERFACE)
  target_compile_options(rj_foundation INTERFACE -fobjc-arc)
  target_link_libraries(rj_foundation INTERFACE "-framework Foundation")
  set(RJ_OBJC_READY ON)
  return()
endif()

find_path(RJ_GNUSTEP_INCLUDE Foundation/Foundation.h PATH_SUFFIXES GNUstep)
find_library(RJ_GNUSTEP_LIBRARY gnustep-base)
find_program(RJ_OBJC_GCC gcc)
if(NOT RJ_GNUSTEP_INCLUDE OR NOT RJ_GNUSTEP_LIBRARY OR NOT RJ_OBJC_GCC)
  message(STATUS "Objective-C: GNUstep is not here, so its binding is not built")
  return()
endif()

# The headers of gcc's runtime stand among the compiler's own, which another compiler must not see.
execute_process(COMMAND ${RJ_OBJC_GCC} -print-file-name=include OUTPUT_VARIABLE rj_gcc_include
  OUTPUT_STRIP_TRAILING_WHITESPACE)
set(RJ_OBJC_RUNTIME_INCLUDE ${PROJECT_BINARY_DIR}/objc-runtime)
file(MAKE_DIRECTORY ${RJ_OBJC_RUNTIME_INCLUDE})
file(CREATE_LINK ${rj_gcc_include}/objc ${RJ_OBJC_RUNTIME_INCLUDE}/objc SYMBOLIC)

set(rj_gnustep_options -std=c11 -fexceptions -fobjc-exceptions -fconstant-string-class=NSConstantString -pthread)
set(rj_gnustep_includes ${RJ_OBJC_RUNTIME_INCLUDE} ${RJ_GNUSTEP_INCLUDE})
set(rj_gnustep_definitions GNUSTEP GNUSTEP_BASE_LIBRARY=1 GNU_RUNTIME=1 _NATIVE_OBJC_EXCEPTIONS)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  list(APPEND rj_gnustep_options -fobjc-runtime=gcc)
else() # gcc finds the setters that it makes itself to have unused parameters
  list(APPEND rj_gnustep_options -Wno-unused-parameter)
endif()

# gcc takes Objective-C only where gobjc is installed.
file(WRITE ${PROJECT_BINARY_DIR}/objc-probe.m "#import <Foundation/Foundation.h>\n")
list(TRANSFORM rj_gnustep_definitions PREPEND -D OUTPUT_VARIABLE rj_probe_options)
foreach(folder IN LISTS rj_gnustep_includes)
  list(APPEND rj_probe_options -isystem ${folder})
endforeach()
execute_process(
  COMMAND ${CMAKE_C_COMPILER} ${rj_gnustep_options} ${rj_probe_options} -fsyntax-only ${PROJECT_BINARY_DIR}/objc-probe.m
  RESULT_VARIABLE rj_probe OUTPUT_QUIET ERROR_QUIET)
if(NOT rj_probe EQUAL 0)
  message(STATUS "Objective-C: ${CMAKE_C_COMPILER} does not compile it, so its binding is not built")
  return()
endif()

set(CMAKE_OBJC_COMPILER ${CMAKE_C_COMPILER})
enable_language(OBJC)
foreach(config RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REGEX REPLACE "[-/]DNDEBUG" "" CMAKE_OBJC_FLAGS_${config} "${CMAKE_OBJC_FLAGS_${config}}")
endforeach()
add_library(rj_foundation INTERFACE)
target_compile_options(rj_foundation INTERFACE ${rj_gnustep_options})
target_compile_definitions(rj_foundation INTERFACE ${rj_gnustep_definitions})
target_include_directories(rj_foundation SYSTEM INTERFACE ${rj_gnustep_includes})
target_link_libraries(rj_foundation INTERFACE ${RJ_GNUSTEP_LIBRARY} objc m Threads::Threads)
set(RJ_OBJC_READY ON)

# Blocks and dispatch queues: clang takes them, and a Swift toolchain brings what they need.
find_program(RJ_SWIFTC swiftc HINTS /opt/swift/usr/bin /usr/libexec/swift/bin)
if(RJ_SWIFTC)
  file(REAL_PATH ${RJ_SWIFTC} rj_swift)
  cmake_path(GET rj_swift PARENT_PATH rj_swift)
  cmake_path(GET rj_swift PARENT_PATH rj_swift)
endif()
find_path(RJ_DISPATCH_INCLUDE dispatch/dispatch.h HINTS ${rj_swift}/lib/swift)
find_path(RJ_BLOCKS_INCLUDE Block.h HINTS ${rj_swift}/lib/swift/Block)
find_library(RJ_DISPATCH_LIBRARY dispatch HINTS ${rj_swift}/lib/swift/linux)
find_library(RJ_BLOCKS_LIBRARY BlocksRuntime HINTS ${rj_swift}/lib/swift/linux)
if(CMAKE_C_COMPILER_ID MATCHES Clang AND RJ_DISPATCH_INCLUDE AND RJ_DISPATCH_LIBRARY AND RJ_BLOCKS_INCLUDE
   AND RJ_BLOCKS_LIBRARY)
  # GNUstep's headers ask its own runtime for blocks; those of tests/objc/arc stand for what they ask.
  add_library(rj_blocks INTERFACE)
  target_compile_options(rj_blocks INTERFACE -fblocks)
  target_include_directories(rj_blocks SYSTEM INTERFACE ${PROJECT_SOURCE_DIR}/tests/objc/arc ${RJ_DISPATCH_INCLUDE}
    ${RJ_BLOCKS_INCLUDE})
  target_compile_definitions(rj_blocks INTERFACE RJ_HAS_DISPATCH=1)
  target_link_libraries(rj_blocks INTERFACE ${RJ_DISPATCH_LIBRARY} ${RJ_BLOCKS_LIBRARY})
endif()
