using System.Text;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventIntake;

/// <summary>What Knative's ApiServerSource sends (knative/eventing, pkg/adapter/apiserver/events), in both modes and both content modes.</summary>
public sealed class KnativeEventTests
{
    private const string Reference = """{"kind":"Agent","namespace":"team","name":"a","apiVersion":"example.dev/v1"}""";
    private const string Resource = """{"apiVersion":"example.dev/v1","kind":"Agent","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"managedFields":[{"manager":"kubectl","operation":"Apply"}],"name":"a","namespace":"team","resourceVersion":"42","uid":"u-1"},"spec":{"token":"sk-secret"}}""";
    private const string Cluster = """{"kind":"Zone","name":"z","apiVersion":"example.dev/v1"}""";

    private static readonly ResourceKind Zone = new("example.dev", "v1", "zones", "Zone", Namespaced: false);

    private readonly EventProbe _agents = new("Agents", null, TestFunctions.Agent, Zone);
    private readonly ReportProbe _reports = new();

    [Theory]
    [InlineData("ref.add", Reference, "Add")]
    [InlineData("ref.update", Reference, "Update")]
    [InlineData("ref.delete", Reference, "Delete")]
    [InlineData("resource.add", Resource, "Add")]
    [InlineData("resource.update", Resource, "Update")]
    [InlineData("resource.delete", Resource, "Delete")]
    public async Task Structured_and_binary_name_the_same_object(string type, string data, string change)
    {
        foreach (var call in new[] { Structured(type, data, "/apis/example.dev/v1/namespaces/team/agents/a"), Binary(type, data, "/apis/example.dev/v1/namespaces/team/agents/a") })
        {
            var answer = await Function().HandleAsync(call, default);
            Assert.Equal((200, """{"accepted":1,"wishes":"reported"}"""), (answer.Status, Encoding.UTF8.GetString(answer.Body.Span)));
            Assert.True(_agents.Seen.TryDequeue(out var seen));
            Assert.Equal((change, TestFunctions.Agent, "team", "a"), (seen.Change.ToString(), seen.Object.Kind, seen.Object.Namespace, seen.Object.Name));
            Assert.DoesNotContain("sk-secret", seen.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(2, _reports.Looks.Count);
    }

    [Fact]
    public async Task A_cluster_scoped_object_has_an_empty_namespace_in_its_subject_and_none_in_its_data()
    {
        var answer = await Function().HandleAsync(Binary("ref.add", Cluster, "/apis/example.dev/v1/namespaces//zones/z"), default);
        Assert.Equal(200, answer.Status);
        Assert.Equal(new ObjectReference(Zone, null, "z"), Assert.Single(_agents.Seen).Object);
    }

    private EventIntakeHandler Function() => new(TestFunctions.Dispatcher(_agents), _reports, new(null), NullLogger.Instance, callers: null);

    private static HttpCall Structured(string type, string data, string subject) => Call(
        $$"""{"specversion":"1.0","id":"b3a9-1","source":"https://10.96.0.1:443","type":"dev.knative.apiserver.{{type}}","subject":"{{subject}}","datacontenttype":"application/json","time":"2026-01-01T00:00:00.123456789Z","apiversion":"example.dev/v1","kind":"Agent","name":"a","namespace":"team","data":{{data}}}""",
        ("Content-Type", "application/cloudevents+json"));

    private static HttpCall Binary(string type, string data, string subject) => Call(
        data,
        ("Content-Type", "application/json"), ("Ce-Specversion", "1.0"), ("Ce-Id", "b3a9-1"), ("Ce-Source", "https://10.96.0.1:443"), ("Ce-Type", $"dev.knative.apiserver.{type}"),
        ("Ce-Subject", subject), ("Ce-Time", "2026-01-01T00:00:00.123456789Z"), ("Ce-Apiversion", "example.dev/v1"), ("Ce-Kind", "Agent"), ("Ce-Name", "a"), ("Ce-Namespace", "team"),
        ("Kn-Namespace", "team"), ("Prefer", "reply"));

    private static HttpCall Call(string body, params (string Name, string Value)[] headers) =>
        new("POST", "/events", headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase), Encoding.UTF8.GetBytes(body));
}
