# frozen_string_literal: true

# What checks.py is for the examples in Python, see there.

LAYOUT, PRODUCT, VERSIONS, ENABLE, DISABLE, PIN =
  ENV.values_at('LAYOUT', 'PRODUCT', 'VERSIONS', 'ENABLE', 'DISABLE', 'PIN')
CURRENT = LAYOUT == 'table' ? ' AND is_current_version' : ''
NUMBERED = %w[table view separate].include?(LAYOUT)
OWN = %w[separate unnumbered].include?(LAYOUT)
VIEW = %w[view facade].include?(LAYOUT)

# Run one operation and print its verdict: form is a method, so is nil, a
# method, or a hash with one for each layout that has one.
def check(operation, form, so = nil, **fails)
  names = [LAYOUT, *('views' if VIEW), *('own' if OWN), 'everywhere'].map(&:to_sym)
  pattern = fails.values_at(*names).compact.first
  puts "ok - #{operation}: #{verdict_of(form, so, pattern)}"
rescue StandardError => e
  lines = e.backtrace.grep(/examples|run\.rb/).map { |l| l[/:(\d+):/, 1] }
  puts "# lines #{lines.join(' ')}: #{message_of(e)}"
  puts "not ok - #{operation}"
end

def verdict_of(form, so, pattern)
  unless pattern
    form.call
    return 'works'
  end
  silently = expect_failure(form, pattern).is_a?(Wrong) ? ' (!)' : ''
  so = so[LAYOUT.to_sym] if so.is_a?(Hash)
  return "no#{silently}" unless so

  so.call
  "so#{silently}"
end

# A result that is not what it should be.
class Wrong < StandardError
end

# The error with which form fails.
def expect_failure(form, pattern)
  form.call
rescue StandardError => e
  raise unless message_of(e).match?(pattern)

  e
else
  raise "should have failed with #{pattern.inspect}"
end

def message_of(error)
  "#{error.class}: #{error.message}".lines.first.chomp
end

def same(seen, wanted, what)
  raise Wrong, "#{what}: #{seen.inspect} instead of #{wanted.inspect}" if seen != wanted
end
