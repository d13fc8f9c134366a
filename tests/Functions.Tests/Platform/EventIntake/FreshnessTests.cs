using System.Text;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Kernel.Admission;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventIntake;

/// <summary>A process that has just started must not look through copies that it does not have.</summary>
public sealed class FreshnessTests
{
    private const string Agent = """{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.update","data":{"apiVersion":"v1","kind":"Pod","namespace":"ns","name":"p","resourceVersion":"7"}}""";

    [Fact]
    public async Task The_copies_are_brought_up_to_the_event_before_the_look()
    {
        var order = new List<string>();
        var probe = new EventProbe("Pods", _ =>
        {
            order.Add("look");
            return EventAnswer.Done;
        }, KubernetesKinds.Pod);
        var (status, _) = await PostAsync(probe, new Fresh(about =>
        {
            order.Add($"fresh {about.ResourceVersion}");
            return Task.CompletedTask;
        }));
        Assert.Equal(200, status);
        Assert.Equal(["fresh 7", "look"], order);
    }

    [Fact]
    public async Task Before_the_first_list_the_sender_is_asked_to_come_again_and_nothing_is_looked_at()
    {
        var probe = new EventProbe("Pods", null, KubernetesKinds.Pod);
        var (status, body) = await PostAsync(probe, new Fresh(_ => throw new NotReadyException("not listed yet: Secret.")));
        Assert.Equal(503, status);
        Assert.Contains("not listed yet: Secret.", body, StringComparison.Ordinal);
        // To our bridge that is an absence, and no failed look.
        Assert.DoesNotContain("failed", body, StringComparison.Ordinal);
        Assert.Empty(probe.Seen);
    }

    private static async Task<(int Status, string Body)> PostAsync(EventProbe probe, IFreshness freshness)
    {
        var dispatcher = new EventDispatcher([probe], new LiveObjects(), TestFunctions.Invocations, TimeProvider.System, freshness);
        var function = new EventIntakeHandler(dispatcher, new ReportProbe(), new(null), NullLogger.Instance, callers: null);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = MediaTypes.Structured };
        var answer = await function.HandleAsync(new("POST", "/events", headers, Encoding.UTF8.GetBytes(Agent)), default);
        return (answer.Status, Encoding.UTF8.GetString(answer.Body.Span));
    }

    private sealed class Fresh(Func<ObjectReference, Task> ensure) : IFreshness
    {
        public Task EnsureAsync(ObjectReference about, CancellationToken cancellation) => ensure(about);
    }
}
