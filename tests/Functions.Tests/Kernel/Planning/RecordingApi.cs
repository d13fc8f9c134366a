using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Tests.Kernel.Planning;

/// <summary>Records what is asked of an API server. It answers from <see cref="Objects"/> and refuses as <see cref="Refuse"/> says; it does not pretend to be one.</summary>
internal sealed class RecordingApi : IKubernetesReader, IKubernetesWriter
{
    private readonly Lock _lock = new();
    private readonly List<string> _calls = [];

    /// <summary>JSON by kind and key, for reads.</summary>
    public Dictionary<(ResourceKind, ObjectKey), string> Objects { get; } = [];

    /// <summary>The failure of a call, by its line, or null.</summary>
    public Func<string, Exception?> Refuse { get; set; } = _ => null;

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    public List<string> Bodies { get; } = [];

    public static KubernetesException Failure(HttpStatusCode status, string? reason = null) => new(status, reason, $"{(int)status} {reason}");

    public Task<T?> GetAsync<T>(ResourceKind kind, string? ns, string name, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class
    {
        _ = Called($"get {kind.Kind} {new ObjectKey(ns, name)}", default);
        return Task.FromResult(Objects.TryGetValue((kind, new(ns, name)), out var json) ? JsonSerializer.Deserialize(json, type) : null);
    }

    public IAsyncEnumerable<T> ListAsync<T>(ResourceKind kind, string? ns, ListOptions options, JsonTypeInfo<T> type, CancellationToken cancellation) where T : class => throw new NotSupportedException();

    public Task<ObjectMeta> ApplyAsync(ResourceKind kind, string? ns, string name, string? subresource, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        Called($"apply {kind.Kind} {new ObjectKey(ns, name)}{(subresource is null ? "" : $"/{subresource}")} by {fieldManager}", body);

    public Task<ObjectMeta> CreateAsync(ResourceKind kind, string? ns, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        Called($"create {kind.Kind} in {ns} by {fieldManager}", body);

    public Task<ObjectMeta> ReplaceAsync(ResourceKind kind, string? ns, string name, string? subresource, ReadOnlyMemory<byte> body, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ObjectMeta> PatchAsync(ResourceKind kind, string? ns, string name, string? subresource, PatchKind patch, string fieldManager, ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        Called($"{patch} patch {kind.Kind} {new ObjectKey(ns, name)} by {fieldManager}", body);

    public async Task<bool> DeleteAsync(ResourceKind kind, string? ns, string name, DeletePreconditions preconditions, CancellationToken cancellation)
    {
        await Called($"delete {kind.Kind} {new ObjectKey(ns, name)} uid {preconditions.Uid} version {preconditions.ResourceVersion}", default);
        return true;
    }

    private Task<ObjectMeta> Called(string line, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            _calls.Add(line);
            Bodies.Add(Encoding.UTF8.GetString(body.Span));
        }

        return Refuse(line) is { } failure ? throw failure : Task.FromResult(new ObjectMeta { Uid = "new-uid", ResourceVersion = "2" });
    }
}
