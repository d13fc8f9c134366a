using System.Net;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Kernel.Planning;

public sealed class EventRecorderTests
{
    private static readonly ObjectReference About = new(KubernetesKinds.Secret, "kagent", "s") { Uid = "u" };

    private readonly RecordingApi _api = new();

    [Fact]
    public async Task An_Event_says_who_about_what_and_why()
    {
        await RecordAsync(new Note(About, Note.Warning, "SecretConflict", "left alone"));
        var body = JsonNode.Parse(_api.Bodies.Single())!;
        Assert.Equal(
            ("SecretConflict", "Warning", "left alone", "agent-warden/F", 1, "u", "kagent"),
            ((string)body["reason"]!, (string)body["type"]!, (string)body["message"]!, (string)body["source"]!["component"]!, (int)body["count"]!, (string)body["involvedObject"]!["uid"]!, (string)body["metadata"]!["namespace"]!));
    }

    [Fact]
    public async Task The_same_Event_is_counted_up()
    {
        await RecordAsync(new Note(About, Note.Normal, "R", "m"));
        var name = NameOf(_api.Bodies[0]);
        _api.Objects[(KubernetesKinds.Event, new("kagent", name))] = """{"count":4}""";
        _api.Refuse = line => line.StartsWith("create", StringComparison.Ordinal) ? RecordingApi.Failure(HttpStatusCode.Conflict, "AlreadyExists") : null;
        await RecordAsync(new Note(About, Note.Normal, "R", "m"));

        Assert.Equal(["create Event in kagent by agent-warden/F", "create Event in kagent by agent-warden/F", $"get Event kagent/{name}", $"Merge patch Event kagent/{name} by agent-warden/F"], _api.Calls);
        Assert.Equal(5, (int)JsonNode.Parse(_api.Bodies[^1])!["count"]!);
    }

    [Fact]
    public async Task Another_message_reason_severity_or_object_is_another_Event()
    {
        await RecordAsync(new(About, Note.Normal, "R", "m"), new(About, Note.Normal, "R", "m2"), new(About, Note.Normal, "R2", "m"), new(About, Note.Warning, "R", "m"), new(About with { Uid = "u2" }, Note.Normal, "R", "m"));
        Assert.Equal(5, _api.Bodies.Select(NameOf).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Long_names_and_messages_fit()
    {
        await RecordAsync(new Note(About with { Name = new string('a', 199) + "." + new string('b', 53) }, Note.Normal, "R", new string('m', 5000)));
        Assert.InRange(NameOf(_api.Bodies[0]).Length, 1, 253);
        Assert.DoesNotContain("..", NameOf(_api.Bodies[0]), StringComparison.Ordinal);
        Assert.Equal(1024, ((string)JsonNode.Parse(_api.Bodies[0])!["message"]!).Length);
    }

    [Fact]
    public async Task Events_of_cluster_scoped_objects_are_in_default()
    {
        await RecordAsync(new Note(new(KubernetesKinds.Namespace, null, "n"), Note.Normal, "R", "m"));
        Assert.Equal(["create Event in default by agent-warden/F"], _api.Calls);
    }

    [Fact]
    public async Task A_dying_namespace_takes_no_Event_and_that_is_no_fault()
    {
        _api.Refuse = _ => RecordingApi.Failure(HttpStatusCode.Forbidden);
        await RecordAsync(new Note(About, Note.Normal, "R", "m"));
        Assert.Single(_api.Calls);
    }

    [Fact]
    public async Task What_was_decided_on_the_same_version_is_not_counted_again()
    {
        var note = new Note(About with { ResourceVersion = "7" }, Note.Normal, "R", "m");
        await RecordAsync(note);
        Assert.Equal("7", (string?)JsonNode.Parse(_api.Bodies[0])!["metadata"]!["annotations"]![EventRecorder.SeenVersion]);
        var name = NameOf(_api.Bodies[0]);
        _api.Objects[(KubernetesKinds.Event, new("kagent", name))] = _api.Bodies[0];
        _api.Refuse = line => line.StartsWith("create", StringComparison.Ordinal) ? RecordingApi.Failure(HttpStatusCode.Conflict, "AlreadyExists") : null;
        await RecordAsync(note);
        Assert.Equal($"get Event kagent/{name}", _api.Calls[^1]);
        await RecordAsync(note with { Regarding = About with { ResourceVersion = "8" } });
        Assert.Equal(2, (int)JsonNode.Parse(_api.Bodies[^1])!["count"]!);
    }

    [Fact]
    public async Task An_API_server_that_is_away_is_a_fault_so_that_the_Event_comes_later()
    {
        _api.Refuse = _ => RecordingApi.Failure(HttpStatusCode.ServiceUnavailable);
        await Assert.ThrowsAsync<KubernetesException>(() => RecordAsync(new Note(About, Note.Normal, "R", "m")));
    }

    private static string NameOf(string body) => (string)JsonNode.Parse(body)!["metadata"]!["name"]!;

    private async Task RecordAsync(params Note[] notes)
    {
        var recorder = new EventRecorder(_api, _api, TimeProvider.System, NullLogger.Instance);
        foreach (var note in notes)
        {
            await recorder.RecordAsync("F", note, CancellationToken.None);
        }
    }
}
