# Stands in for chef-client, which Debian does not have: the resources that recipes of ours use, with
# the properties and actions that the real ones have and no others. What a recipe says wrongly is
# refused as Chef refuses it; what it says rightly is carried out.
#
#     ruby chef.rb [--why-run] [options of chef-client] RECIPE
#
# With `--read` it only reads. Each resource that changes something is a line `changed: NAME`.

require 'tempfile'
require 'tmpdir'

class Refused < StandardError; end

# What every resource has, and how it is carried out.
class Resource
  TIMINGS = %i[delayed immediate immediately before].freeze
  GUARDS = %i[cwd environment group timeout user].freeze

  class << self
    attr_reader :actions, :types

    # Actions, the usual one first.
    def acts(*actions)
      @actions = actions + [:nothing]
    end

    # Properties and the classes that their values may be of. One that is asked without a value
    # answers with the one it has.
    def properties(types)
      @types = types
      types.each do |property, allowed|
        define_method(property) do |*values|
          return @values[property] if values.empty?
          raise Refused, "#{self}: one value for #{property}" unless values.length == 1
          value = values.first
          unless allowed.any? { |one| one === value }
            raise Refused, "#{self}: #{property} cannot be #{value.inspect}"
          end
          octal(value) if property == :mode
          words(value) if property == :environment
          @values[property] = value
        end
      end
    end
  end

  attr_reader :name, :told

  def initialize(kind, name, &block)
    raise Refused, "#{kind} without a name" unless name.is_a?(String) && !name.empty?
    @kind, @name, @values, @guards, @told = kind, name, {}, [], []
    @action = self.class.actions.first
    instance_eval(&block) if block
  end

  def to_s
    "#{@kind}[#{@name}]"
  end

  def action(*actions)
    return @action if actions.empty?
    unless actions.length == 1 && self.class.actions.include?(actions.first)
      raise Refused, "#{self}: no such action: #{actions.inspect}"
    end
    @action = actions.first
  end

  def only_if(command, options = {})
    guard(true, command, options)
  end

  def not_if(command, options = {})
    guard(false, command, options)
  end

  def notifies(action, target, timing = :delayed)
    raise Refused, "#{self}: tells #{target.inspect} #{timing.inspect}" unless
      target.is_a?(String) && TIMINGS.include?(timing)
    @told << [action, target, timing]
  end

  # Whether its guards let it act.
  def due?
    @guards.all? { |wanted, command, env| run(command, env, quiet: true) == wanted }
  end

  # Carries `act` out; whether something changed. With `look`, only says whether it would.
  def converge(act, look)
    return false if act == :nothing || !due?
    change(act, look)
  end

  private

  def guard(wanted, command, options)
    known = options.is_a?(Hash) && options.keys.all? { |key| GUARDS.include?(key) }
    unless command.is_a?(String) && !command.strip.empty? && known
      raise Refused, "#{self}: a guard cannot be #{command.inspect}, #{options.inspect}"
    end
    @guards << [wanted, command, words(options[:environment] || {})]
  end

  def words(environment)
    sound = environment.all? { |pair| pair.all? { |word| word.is_a?(String) } }
    raise Refused, "#{self}: an environment of other things than words" unless sound
    environment
  end

  def run(command, env = {}, quiet: false)
    out = quiet ? File::NULL : $stderr
    system(env, '/bin/sh', '-c', command, in: File::NULL, out: out, err: out)
  end

  def run!(command, env = {})
    run(command, env) or raise "#{self}: #{$?}: #{command}"
  end

  def octal(mode)
    return mode if mode.is_a?(Integer)
    raise Refused, "#{self}: chef knows no mode #{mode.inspect}" unless mode.match?(/\A0?[0-7]{3,4}\z/)
    mode.to_i(8)
  end
end

class FileResource < Resource
  acts :create, :create_if_missing, :delete, :touch
  properties atomic_update: [true, false], backup: [false, Integer], checksum: [String],
             content: [String], force_unlink: [true, false], group: [String, Integer],
             inherits: [true, false], manage_symlink_source: [true, false],
             mode: [String, Integer], owner: [String, Integer], path: [String],
             sensitive: [true, false], verify: [String]

  def change(act, look)
    at = path || name
    return delete(at, look) if act == :delete
    raise "#{self}: #{at} is no file" if File.exist?(at) && !File.file?(at)
    raise "#{self}: the folder of #{at} is not there" unless File.directory?(File.dirname(at))
    bits = octal(mode) if mode
    same = File.exist?(at) && (content.nil? || File.binread(at) == content.b) &&
           (bits.nil? || File.stat(at).mode & 0o7777 == bits)
    return false if same
    return true if look
    accepted(at)
    File.binwrite(at, content) if content
    File.chmod(bits, at) if bits
    true
  end

  private

  def delete(at, look)
    return false unless File.exist?(at) || File.symlink?(at)
    File.delete(at) unless look
    true
  end

  # The program that verifies sees the new content under another name, beside the file.
  def accepted(at)
    return unless verify
    Tempfile.create('.chef-', File.dirname(at)) do |file|
      file.write(content)
      file.flush
      run!(format(verify, path: file.path))
    end
  end
end

class DirectoryResource < Resource
  acts :create, :delete
  properties group: [String, Integer], inherits: [true, false], mode: [String, Integer],
             owner: [String, Integer], path: [String], recursive: [true, false]

  def change(act, look)
    raise Refused, "#{self}: the double only creates" unless act == :create
    at = path || name
    bits = octal(mode) if mode
    there = File.directory?(at)
    return false if there && (bits.nil? || File.stat(at).mode & 0o7777 == bits)
    return true if look
    run!("mkdir #{'-p' if recursive} '#{at}'") unless there
    File.chmod(bits, at) if bits
    true
  end
end

class ExecuteResource < Resource
  acts :run
  properties command: [String, Array], creates: [String], cwd: [String],
             default_env: [true, false], environment: [Hash], group: [String, Integer],
             input: [String], live_stream: [true, false], login: [true, false],
             returns: [Integer, Array], timeout: [Integer], umask: [String, Integer],
             user: [String, Integer]

  def change(_act, look)
    run!(command || name, words(environment || {})) unless look
    true
  end
end

class PackageResource < Resource
  acts :install, :upgrade, :remove, :purge, :lock, :unlock, :reconfig
  properties arch: [String, Array], default_release: [String], options: [String, Array],
             package_name: [String, Array], response_file: [String], source: [String],
             timeout: [Integer], version: [String, Array]

  def change(act, look)
    package = package_name || name
    installed = "dpkg-query -W -f '${db:Status-Status}' #{package} 2>/dev/null | grep -qx installed"
    return false if run(installed, quiet: true) == (act == :install)
    return true if look
    verb = { install: 'install', remove: 'remove' }.fetch(act)
    run!("DEBIAN_FRONTEND=noninteractive apt-get -q -y #{[options].join(' ')} #{verb} #{package}")
    true
  end
end

class ServiceResource < Resource
  acts :nothing, :disable, :enable, :mask, :reload, :restart, :start, :stop, :unmask
  properties init_command: [String], options: [String, Array], pattern: [String],
             priority: [Integer, String, Hash], reload_command: [String],
             restart_command: [String], run_levels: [Array], service_name: [String],
             start_command: [String], status_command: [String], stop_command: [String],
             supports: [Hash], timeout: [Integer], user: [String]

  def change(act, look)
    unit = service_name || name
    runs = run("systemctl is-active --quiet #{unit}", quiet: true)
    return false if { start: true, stop: false }[act] == runs
    run!("systemctl #{act} #{unit}") unless look
    true
  end
end

KINDS = { 'file' => FileResource, 'directory' => DirectoryResource, 'execute' => ExecuteResource,
          'package' => PackageResource, 'service' => ServiceResource }.freeze

# What `metadata.rb` of a cookbook may say.
class Metadata
  KNOWN = %i[chef_version depends description eager_load_libraries gem issues_url license
             long_description maintainer maintainer_email name ohai_version privacy source_url
             supports version].freeze

  def initialize(path)
    @said = {}
    instance_eval(File.read(path, encoding: 'UTF-8'), path)
    raise Refused, "#{path} names no cookbook" unless @said[:name]
  end

  KNOWN.each do |word|
    define_method(word) do |*values|
      return @said[word] if values.empty?
      raise Refused, "#{word} of a cookbook is words" unless values.all? { |one| one.is_a?(String) }
      @said[word] = values.first
    end
  end
end

# What a recipe is read in.
class Recipe
  attr_reader :resources

  def initialize(path)
    @resources, @read, @folder = [], [], File.dirname(path)
    metadata = File.join(@folder, '..', 'metadata.rb')
    @cookbook = Metadata.new(metadata).name if File.exist?(metadata)
    take(path)
  end

  # A recipe of the same cookbook, once, as Chef does; what it calls its own stays there.
  def include_recipe(*names)
    names.each do |name|
      cookbook, recipe = name.split('::', 2)
      unless recipe && cookbook == @cookbook
        raise Refused, "#{name} is no recipe of the cookbook #{@cookbook.inspect}"
      end
      take(File.join(@folder, "#{recipe}.rb"))
    end
  end

  def take(path)
    return if @read.include?(path)
    @read << path
    instance_eval(File.read(path, encoding: 'UTF-8'), path)
  end

  KINDS.each do |kind, type|
    define_method(kind) { |name, &block| @resources << type.new(kind, name, &block) }
  end

  def find(target)
    resources.find { |resource| resource.to_s == target } or
      raise Refused, "#{target} is told something, and is not there"
  end
end

# Whether everything that is told something is there, and can do it.
def check(recipe)
  recipe.resources.flat_map(&:told).each do |action, target, _|
    known = recipe.find(target).class.actions.include?(action)
    raise Refused, "#{target} cannot #{action.inspect}" unless known
  end
end

# Carries resources out in their order, and what was told for later at the end, even where one failed.
def converge(recipe, look)
  later = []
  begin
    recipe.resources.each do |resource|
      next unless resource.converge(resource.action, look)
      puts "#{look ? 'would change' : 'changed'}: #{resource.name}"
      resource.told.each do |action, target, timing|
        next later |= [[action, target]] if timing == :delayed
        recipe.find(target).converge(action, look)
      end
    end
  ensure
    later.each { |action, target| recipe.find(target).converge(action, look) }
  end
end

begin
  recipe = Recipe.new(ARGV.last)
  check(recipe)
  converge(recipe, ARGV.include?('--why-run')) unless ARGV.include?('--read')
rescue StandardError, ScriptError => error
  warn "failed: #{error.message}"
  exit 1
end
