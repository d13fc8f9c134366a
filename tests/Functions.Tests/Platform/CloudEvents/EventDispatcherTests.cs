using System.Net;
using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Kernel.Admission;
using AgentWarden.Tests.Platform.Hosting;
using CloudNative.CloudEvents;

namespace AgentWarden.Tests.Platform.CloudEvents;

/// <summary>Which function looks at what because of an event from outside.</summary>
public sealed class EventDispatcherTests
{
    private static readonly Subscription OwnedSecrets = new(KubernetesKinds.Secret) { LabelSelector = "ours=yes", Owner = TestFunctions.Agent };

    private readonly EventProbe _one = new("One");
    private readonly EventProbe _two = new("Two");

    [Fact]
    public async Task An_event_for_one_function_goes_to_that_one_only()
    {
        var result = await DispatchAsync([_one, _two], Agent("a", ("function", "two")));
        Assert.Equal(1, result.Accepted);
        Assert.Empty(_one.Seen);
        Assert.Single(_two.Seen);
    }

    [Fact]
    public async Task Each_event_of_a_batch_goes_its_own_way()
    {
        await DispatchAsync([_one, _two], Agent("a", ("function", "One")), Agent("b", ("function", "Two")), Agent("c"));
        Assert.Equal(["a", "c"], Names(_one));
        Assert.Equal(["b", "c"], Names(_two));
    }

    [Theory]
    [InlineData("9", "10")]
    [InlineData("10", "9")]
    public async Task Several_versions_of_an_object_are_one_look_at_the_newest_that_answers_for_each(params string[] versions)
    {
        var result = await DispatchAsync([_one], [.. versions.Concat(versions).Select(v => ObjectEventMapping.ToCloudEvent(new(ObjectChange.Update, new(TestFunctions.Agent, "ns", "a") { ResourceVersion = v }), "/bridge", DateTimeOffset.UtcNow))]);
        Assert.Equal("10", Assert.Single(_one.Seen).Object.ResourceVersion);
        Assert.Equal(["10", "9"], result.Answers.Select(a => a.Object.ResourceVersion).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("10", null)]
    [InlineData(null, "10")]
    public async Task An_event_without_a_version_does_not_hide_the_version_of_another_in_its_batch(params string?[] versions)
    {
        await DispatchAsync([_one], [.. versions.Select(v => ObjectEventMapping.ToCloudEvent(new(ObjectChange.Update, new(TestFunctions.Agent, "ns", "a") { ResourceVersion = v }), "/bridge", DateTimeOffset.UtcNow))]);
        Assert.Equal("10", Assert.Single(_one.Seen).Object.ResourceVersion);
    }

    [Fact]
    public async Task An_event_for_a_function_that_is_not_here_is_ignored_and_says_so()
    {
        var result = await DispatchAsync([_one], Agent("a", ("function", "Elsewhere")));
        Assert.Contains("is not here", Assert.Single(result.Ignored).Reason, StringComparison.Ordinal);
        Assert.Empty(_one.Seen);
    }

    [Fact]
    public async Task A_path_and_an_attribute_that_disagree_reach_nobody()
    {
        var result = await TestFunctions.Dispatcher(_one, _two).DispatchAsync([Agent("a", ("function", "Two"))], "One", "http", default);
        Assert.Equal(0, result.Accepted);
        Assert.Empty(_one.Seen.Concat(_two.Seen));
    }

    [Theory]
    [InlineData("""{"labels":{"ours":"yes"},"ownerReferences":[{"apiVersion":"example.dev/v1","kind":"Agent","name":"boss","uid":"u"}]}""", "boss")]
    [InlineData("""{"labels":{"ours":"no"},"ownerReferences":[{"apiVersion":"example.dev/v1","kind":"Agent","name":"boss","uid":"u"}]}""", null)]
    [InlineData("""{"labels":{"ours":"yes"},"ownerReferences":[{"apiVersion":"other.dev/v1","kind":"Agent","name":"boss","uid":"u"}]}""", null)]
    [InlineData("""{"labels":{"ours":"yes"}}""", null)]
    [InlineData("""{"labels":{"ours":"yes"},"ownerReferences":[{"apiVersion":"example.dev/v1","kind":"Agent","name":"../../secrets","uid":"u"}]}""", null)]
    [InlineData("""{"labels":7,"ownerReferences":[null,5,{"kind":null}]}""", null)]
    public async Task Resource_mode_is_mapped_by_what_the_event_holds(string metadata, string? owner)
    {
        var owning = new SubscribedProbe("Owning", OwnedSecrets);
        var reader = new LiveObjects();
        var result = await new EventDispatcher([owning], reader, TestFunctions.Invocations, TimeProvider.System).DispatchAsync([Resource(metadata)], null, "http", default);
        Assert.Equal(owner is null ? [] : [owner], owning.Seen.Select(s => s.Object.Name));
        Assert.Equal(owner is null ? 1 : 0, result.Ignored.Count);
        Assert.Equal(0, reader.Calls);
    }

    [Fact]
    public async Task Nothing_of_a_Secret_but_its_names_reaches_a_function_or_the_answer()
    {
        var plain = new SubscribedProbe("Plain", new Subscription(KubernetesKinds.Secret));
        var result = await DispatchAsync([plain], Resource("""{"uid":"u","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"sk-secret"}}"""));
        var expected = new ObjectReference(KubernetesKinds.Secret, "ns", "s") { Uid = "u" };
        Assert.Equal(expected, Assert.Single(plain.Seen).Object);
        Assert.Equal(expected, Assert.Single(result.Answers).Object);
    }

    [Fact]
    public async Task In_Reference_mode_the_owner_is_read_from_the_API_server()
    {
        var owning = new SubscribedProbe("Owning", OwnedSecrets);
        var secret = new MetadataOnly
        {
            Metadata = new()
            {
                Name = "s", Namespace = "ns", Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["ours"] = "yes" },
                OwnerReferences = [new() { ApiVersion = "example.dev/v1", Kind = "Agent", Name = "boss", Uid = "u" }],
            },
        };
        await new EventDispatcher([owning], new LiveObjects(secret), TestFunctions.Invocations, TimeProvider.System).DispatchAsync([Reference("Secret", "v1", "s")], null, "http", default);
        Assert.Equal(new ObjectReference(TestFunctions.Agent, "ns", "boss") { Uid = "u" }, Assert.Single(owning.Seen).Object);
    }

    [Fact]
    public async Task When_the_object_is_gone_the_event_is_ignored_with_that_reason()
    {
        var result = await DispatchAsync([new SubscribedProbe("Owning", OwnedSecrets)], Reference("Secret", "v1", "s"));
        Assert.Contains("gone", Assert.Single(result.Ignored).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_API_server_cannot_say_the_event_fails_rather_than_being_lost()
    {
        var dispatcher = new EventDispatcher([new SubscribedProbe("Owning", OwnedSecrets)], new LiveObjects { Failure = HttpStatusCode.ServiceUnavailable }, TestFunctions.Invocations, TimeProvider.System);
        await Assert.ThrowsAsync<KubernetesException>(() => dispatcher.DispatchAsync([Reference("Secret", "v1", "s")], null, "http", default));
    }

    [Fact]
    public async Task Who_listens_to_the_kind_itself_as_well_is_asked_without_reading()
    {
        var both = new SubscribedProbe("Both", OwnedSecrets, new Subscription(KubernetesKinds.Secret));
        await DispatchAsync([both], Reference("Secret", "v1", "s"));
        Assert.Equal("s", Assert.Single(both.Seen).Object.Name);
    }

    [Fact]
    public async Task The_owner_itself_may_be_named_as_the_bridge_does()
    {
        var owning = new SubscribedProbe("Owning", OwnedSecrets);
        await DispatchAsync([owning], Reference("Agent", "example.dev/v1", "boss"));
        Assert.Equal("boss", Assert.Single(owning.Seen).Object.Name);
    }

    [Fact]
    public async Task A_due_timer_ticks_and_is_answered_like_a_look()
    {
        var (sweep, other) = (new TimerProbe("Sweep"), new TimerProbe("Other"));
        var due = TimerTick.Due("Sweep", DateTimeOffset.UnixEpoch.AddHours(1));
        var result = await DispatchAsync([sweep, other], ObjectEventMapping.ToCloudEvent(due, "/bridge", DateTimeOffset.UtcNow));
        Assert.Single(sweep.Ticks);
        Assert.Empty(other.Ticks);
        Assert.Equal(new LookReport("Sweep", due.Object, EventAnswer.Done), Assert.Single(result.Answers));
    }

    [Fact]
    public async Task A_function_without_a_timer_does_not_tick()
    {
        var result = await DispatchAsync([_one], ObjectEventMapping.ToCloudEvent(TimerTick.Due("One", DateTimeOffset.UnixEpoch), "/bridge", DateTimeOffset.UtcNow));
        Assert.Single(result.Ignored);
        Assert.Empty(_one.Seen);
    }

    private static Task<DispatchResult> DispatchAsync(IHandler[] functions, params CloudEvent[] events) => TestFunctions.Dispatcher(functions).DispatchAsync(events, null, "http", default);

    private static string[] Names(EventProbe probe) => [.. probe.Seen.Select(s => s.Object.Name).Order(StringComparer.Ordinal)];

    private static CloudEvent Agent(string name, params (string Name, string Value)[] attributes)
    {
        var cloudEvent = Reference("Agent", "example.dev/v1", name);
        attributes.ToList().ForEach(a => cloudEvent.SetAttributeFromString(a.Name, a.Value));
        return cloudEvent;
    }

    private static CloudEvent Reference(string kind, string version, string name) => Event(
        name, "ref.update", $$"""{"kind":"{{kind}}","namespace":"ns","name":"{{name}}","apiVersion":"{{version}}"}""");

    private static CloudEvent Resource(string metadata) => Event(
        "r", "resource.update",
        """{"apiVersion":"v1","kind":"Secret","data":{"apiKey":"c2stc2VjcmV0"},"metadata":{"name":"s","namespace":"ns",""" + metadata[1..] + "}");

    private static CloudEvent Event(string id, string type, string data) => new()
    {
        Id = id, Source = new("https://10.96.0.1:443"), Type = $"dev.knative.apiserver.{type}", DataContentType = "application/json",
        Data = JsonElement.Parse(data),
    };

    internal sealed class SubscribedProbe(string name, params Subscription[] subscriptions) : IEventHandler
    {
        public List<ObjectEvent> Seen { get; } = [];

        public string Name => name;

        public HostedParts Part => HostedParts.Events;

        public IReadOnlyList<AccessRule> Access => [];

        public IReadOnlyList<Subscription> Subscriptions => subscriptions;

        public Task<EventAnswer> HandleAsync(ObjectEvent change, CancellationToken cancellation)
        {
            Seen.Add(change);
            return Task.FromResult(EventAnswer.Done);
        }
    }
}
