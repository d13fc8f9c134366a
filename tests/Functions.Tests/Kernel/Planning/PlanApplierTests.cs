using System.Net;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Kernel.Planning;

public sealed class PlanApplierTests
{
    private static readonly ObjectReference Secret = new(KubernetesKinds.Secret, "kagent", "s") { Uid = "u", ResourceVersion = "7" };
    private static readonly ObjectReference Pod = new(KubernetesKinds.Pod, "kagent", "p");

    private readonly RecordingApi _api = new();

    private static Plan Everything => new(new Outcome.Done())
    {
        Writes =
        [
            new CreateObject(Secret, new([])),
            new ApplyObject(Secret, new([])),
            new RemoveFields(Secret, ["/data/x"]),
            new AnnotateObject(Pod, "metadata", new Dictionary<string, string>(StringComparer.Ordinal)),
            new DeleteObject(Secret),
        ],
        Status = new(Secret, []),
        Notes = [new(Secret, Note.Normal, "Reason", "message")],
    };

    private static readonly string[] Lines =
    [
        "create Secret in kagent by agent-warden/F",
        "apply Secret kagent/s by agent-warden/F",
        "Merge patch Secret kagent/s by agent-warden/F",
        "Merge patch Pod kagent/p by agent-warden/F",
        "delete Secret kagent/s uid u version 7",
        "create Event in kagent by agent-warden/F",
        "apply Secret kagent/s/status by agent-warden/F",
    ];

    [Fact]
    public async Task Writes_then_Events_then_status()
    {
        var applied = await ApplyAsync(Everything);
        Assert.Equal(Lines, _api.Calls);
        Assert.Equal(["new-uid", "new-uid", "new-uid", "new-uid", null], applied!.Writes.Select(w => w?.Uid));
        Assert.Equal("2", applied.Status?.ResourceVersion);
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(4), InlineData(6)]
    public async Task The_first_failure_ends_the_plan(int failing)
    {
        _api.Refuse = line => line == Lines[failing] ? RecordingApi.Failure(HttpStatusCode.Conflict) : null;
        await Assert.ThrowsAsync<KubernetesException>(() => ApplyAsync(Everything));
        Assert.Equal(Lines[..(failing + 1)], _api.Calls);
    }

    [Theory]
    [InlineData(3), InlineData(6)]
    public async Task What_is_gone_needs_no_annotation_and_no_status(int gone)
    {
        _api.Refuse = line => line == Lines[gone] ? RecordingApi.Failure(HttpStatusCode.NotFound) : null;
        await ApplyAsync(Everything);
        Assert.Equal(Lines, _api.Calls);
    }

    [Fact]
    public async Task An_Event_that_is_refused_does_not_hold_up_the_status_and_one_that_cannot_be_sent_does()
    {
        _api.Refuse = line => line == Lines[5] ? RecordingApi.Failure(HttpStatusCode.Forbidden) : null;
        await ApplyAsync(Everything);
        Assert.Equal(Lines, _api.Calls);
        _api.Refuse = line => line == Lines[5] ? RecordingApi.Failure(HttpStatusCode.ServiceUnavailable) : null;
        await Assert.ThrowsAsync<KubernetesException>(() => ApplyAsync(Everything));
        Assert.Equal(Lines[..6], _api.Calls.Skip(Lines.Length));
    }

    [Fact]
    public async Task An_empty_plan_makes_no_call()
    {
        Assert.Same(AppliedPlan.Nothing, await ApplyAsync(new(new Outcome.LookAgain(DateTimeOffset.MaxValue))));
        Assert.Empty(_api.Calls);
    }

    private async Task<AppliedPlan?> ApplyAsync(Plan plan)
    {
        var recorder = new EventRecorder(_api, _api, TimeProvider.System, NullLogger.Instance);
        return await new PlanApplier(_api, recorder).ApplyAsync("F", plan, CancellationToken.None);
    }
}
